"""Looks for a planted text in a process's memory and in files: as UTF-8, UTF-16 and case-folded."""
import pathlib


def forms(text):
    folded = text.casefold()
    return {kind: form.encode(code) for kind, form, code in (
        ("utf-8", text, "utf-8"), ("utf-16", text, "utf-16-le"),
        ("folded utf-8", folded, "utf-8"), ("folded utf-16", folded, "utf-16-le"))}


def search(data, wanted):
    return [kind for kind, form in wanted.items() if form in data]


def in_memory(pid, text):
    """Kinds of `text` found in the readable memory of a process of ours."""
    wanted, found = forms(text), set()
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            place, rights = line.split()[:2]
            if "r" not in rights or line.rstrip().endswith(("[vvar]", "[vsyscall]")):
                continue
            start, end = (int(x, 16) for x in place.split("-"))
            tail = b""
            while start < end:
                memory.seek(start)
                try:
                    block = memory.read(min(1 << 24, end - start))
                except OSError:
                    break
                if not block:
                    break
                found.update(search(tail + block, wanted))
                tail, start = block[-256:], start + len(block)
    return sorted(found)


def in_files(folder, text):
    """(file, kind) of each occurrence of `text` under a folder."""
    wanted = forms(text)
    return [(str(path), kind) for path in sorted(pathlib.Path(folder).rglob("*"))
            if path.is_file() for kind in search(path.read_bytes(), wanted)]
