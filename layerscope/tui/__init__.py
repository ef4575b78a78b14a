"""The explorer in the terminal: `model` and its neighbours know no terminal, `app` draws them."""
