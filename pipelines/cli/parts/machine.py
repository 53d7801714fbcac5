"""What the machine refuses, in words: a full disk, no permission, a folder in place of a file, a locked file."""

from __future__ import annotations

import errno

from indicators.errors import compose

_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG)
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)
_MISPLACED = (errno.ENOTDIR, errno.EISDIR, errno.EEXIST)


def in_words(error: BaseException) -> str | None:
    """Return what to tell a person about an error of the machine, or None where it is none.

    Libraries wrap such errors in their own, so those that led to it, and what it says, are looked at too.

    Examples
    --------
    >>> print(in_words(OSError(errno.ENOSPC, "No space left on device", "store/zones.part")))
    The disk is full.
      where: store/zones.part
      to do: free some space, or give another folder with --home or LOCALITIES_HOME, and run again
    >>> in_words(ValueError("anything else"))
    """
    seen: BaseException | None = error
    while seen is not None:
        found = _one(seen)
        if found is not None:
            return found
        seen = seen.__cause__ or seen.__context__
    return None


def _one(error: BaseException) -> str | None:
    where = getattr(error, "filename", None)
    number = getattr(error, "errno", None)
    text = str(error).casefold()
    if number in _FULL or "no space left" in text or "disk is full" in text or "database or disk is full" in text:
        return compose(
            "The disk is full",
            where=where,
            remedy="free some space, or give another folder with --home or LOCALITIES_HOME, and run again",
        )
    if "database is locked" in text or getattr(error, "winerror", None) in (32, 33):
        return compose("A file is held open by another program", where=where, remedy="close it there, and run again")
    if isinstance(error, PermissionError) or number in _FORBIDDEN:
        return compose(
            "A file or folder may not be written or read",
            where=where,
            found=error.__class__.__name__ if where else error,
            remedy="ask for permission, or give another folder with --home or LOCALITIES_HOME",
        )
    if number in _MISPLACED:
        return compose(
            "There is a file where a folder should be, or a folder where a file should be",
            where=where,
            remedy="move it away, or give another folder with --home or LOCALITIES_HOME",
        )
    if isinstance(error, UnicodeError):
        return compose(
            "A file holds bytes that are not text",
            found=error,
            remedy="save it as UTF-8; `localities --traceback` shows which file was being read",
        )
    if isinstance(error, OSError) and number is not None:
        return compose("The machine refuses", where=where, found=error, remedy="mend that, and run again")
    return None
