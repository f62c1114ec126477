"""What can go wrong between a data set's name and its pictures."""


class DataError(OSError):
    """A data set can't be had here. The message says why, and what to do about it."""


class MissingData(DataError):
    """Files are not here, and no mirror gave them. The message says which, and where to put them.

    It names each file with its size and its SHA-256, so that it can be brought by other means.
    """


class DamagedData(DataError):
    """A file is not what its makers published: cut short, changed, or another one."""
