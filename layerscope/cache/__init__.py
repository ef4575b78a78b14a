"""Two states of a build: which steps hit, which miss, why, and what to change.

`build.Build` is all that one build is given. A builder (`builders/`) takes the builds that came
before and the one in question, and gives a `step.Prediction`. Nothing is built or run.
"""
