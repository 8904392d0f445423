/** Until it is taken over or dropped. */
export class MemoryTrustStore {
    kept = { entries: [], size: 0, proven: [], first: 0, checkpoint: '' };
    async loadTrust() {
        return this.kept;
    }
    putEntry(entry) {
        this.kept.entries.push(entry);
    }
    putDirectorySize(size) {
        this.kept.size = size;
    }
    putProven(number) {
        this.kept.proven.push(number);
    }
    putFirst(size) {
        this.kept.first = size;
    }
    putCheckpoint(note) {
        this.kept.checkpoint = note;
    }
    async beginAnew() { }
}
