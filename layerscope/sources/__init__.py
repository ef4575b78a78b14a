"""Find blobs wherever images live and present them as images and layers, every byte verified."""
