"""The type of a file as its name tells it; nothing is read, so a name may lie."""

from __future__ import annotations

_SUFFIXES = {
    "shared library": "so dll dylib",
    "static library": "a o lib",
    "Python source": "py pyi pyx pxd",
    "Python bytecode": "pyc pyo",
    "JavaScript": "js mjs cjs jsx ts tsx mts cts",
    "source map": "map",
    "Java": "jar war ear class jmod jsa",
    "archive": "zip tar gz tgz bz2 xz zst lz4 7z whl egg deb rpm apk gem crate nupkg",
    "image": "png jpg jpeg gif svg ico webp bmp tif tiff xpm",
    "font": "ttf otf woff woff2 pfb afm",
    "audio and video": "mp3 mp4 ogg wav flac webm avi mkv",
    "document": "html htm md rst txt pdf adoc tex info man",
    "data": "json yaml yml toml xml csv tsv ini conf cfg properties parquet npy npz h5 pkl sql",
    "database": "db sqlite sqlite3 mdb rdb",
    "C source": "c h cc cpp cxx hh hpp hxx inc s",
    "other source": "go rs rb php pl pm lua java kt scala swift f f90 r el tcl sh bash zsh ps1 vim",
    "stylesheet": "css scss sass less",
    "translation": "mo po pot gmo qm",
    "certificate or key": "pem crt cer key p12 jks",
    "log": "log",
    "model weights": "onnx pt pth safetensors gguf ckpt",
}
_BY_SUFFIX = {suffix: kind for kind, words in _SUFFIXES.items() for suffix in words.split()}
_FOLDERS = (
    (b"/var/cache/", "cache"),
    (b"/var/lib/apt/", "cache"),
    (b"/root/.cache/", "cache"),
    (b"/root/.npm/", "cache"),
    (b"/var/lib/dpkg/", "package database"),
    (b"/var/lib/rpm/", "package database"),
    (b"/usr/lib/sysimage/", "package database"),
    (b"/lib/apk/db/", "package database"),
    (b"/usr/share/doc/", "document"),
    (b"/usr/share/man/", "document"),
    (b"/usr/share/info/", "document"),
    (b"/usr/share/locale/", "translation"),
    (b"/usr/lib/locale/", "translation"),
    (b"/usr/share/i18n/", "translation"),
)
_PROGRAM_FOLDERS = (b"/bin/", b"/sbin/", b"/libexec/")

OTHER = "other"
_SUFFIX_BYTES = 12


def file_type(path: bytes) -> str:
    """The type of the regular file at an absolute path.

    Folders with one purpose go before the ending of the name; a file without an ending is a
    `program` where programs are kept, else `other`.

    >>> file_type(b"/usr/lib/libc.so.6"), file_type(b"/usr/bin/env"), file_type(b"/srv/a.PY")
    ('shared library', 'program', 'Python source')
    """
    for top, kind in _FOLDERS:
        if path.startswith(top):
            return kind
    folder, _, name = path.rpartition(b"/")
    stem, dot, ending = name.rpartition(b".")
    if dot and stem and len(ending) <= _SUFFIX_BYTES:
        by_suffix = _BY_SUFFIX.get(ending.lower().decode("latin-1"))
        if by_suffix is not None:
            return by_suffix
    if b".so." in name:
        return "shared library"
    return "program" if (folder + b"/").endswith(_PROGRAM_FOLDERS) else OTHER
