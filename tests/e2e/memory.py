"""Looks for a planted text in a process's memory and in files: as UTF-8, UTF-16 and case-folded."""
import pathlib


def forms(text):
    folded = text.casefold()
    return {kind: form.encode(code) for kind, form, code in (
        ("utf-8", text, "utf-8"), ("utf-16", text, "utf-16-le"),
        ("folded utf-8", folded, "utf-8"), ("folded utf-16", folded, "utf-16-le"))}


def search(data, wanted):
    return [kind for kind, form in wanted.items() if form in data]


def blocks(pid, writable_only=False):
    """The readable memory of a process of ours, in blocks; the first of each region follows None."""
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            place, rights = line.split()[:2]
            if "r" not in rights or line.rstrip().endswith(("[vvar]", "[vsyscall]")):
                continue
            if writable_only and "w" not in rights:
                continue
            yield None
            start, end = (int(x, 16) for x in place.split("-"))
            while start < end:
                memory.seek(start)
                try:
                    block = memory.read(min(1 << 24, end - start))
                except OSError:
                    break
                if not block:
                    break
                yield block
                start += len(block)


def in_memory(pid, text):
    """Kinds of `text` found in the readable memory of a process of ours."""
    wanted, found, tail = forms(text), set(), b""
    for block in blocks(pid):
        if block is not None:
            found.update(search(tail + block, wanted))
        tail = block[-256:] if block else b""
    return sorted(found)


def dump(pid, path):
    """Writes what a process of ours can write to."""
    with open(path, "wb") as out:
        for block in blocks(pid, writable_only=True):
            out.write(block or b"")


def in_files(folder, text):
    """(file, kind) of each occurrence of `text` under a folder."""
    wanted = forms(text)
    return [(str(path), kind) for path in sorted(pathlib.Path(folder).rglob("*"))
            if path.is_file() for kind in search(path.read_bytes(), wanted)]
