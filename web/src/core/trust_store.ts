// Where a Trust keeps what it accepted.
import type { DirectoryEntry } from './trust_directory.ts'

export interface KeptTrust {
  entries: DirectoryEntry[]
  size: number
  proven: number[]
  first: number
  checkpoint: string
}

export interface TrustStore {
  loadTrust(): Promise<KeptTrust>
  putEntry(entry: DirectoryEntry): void
  putDirectorySize(size: number): void
  putProven(number: number): void
  putFirst(size: number): void
  putCheckpoint(note: string): void
  /** In place of everything kept: what a new log says. The old log's checkpoint stays as evidence. */
  beginAnew(oldOrigin: string, anew: KeptTrust): Promise<void>
}

/** Until it is taken over or dropped. */
export class MemoryTrustStore implements TrustStore {
  readonly kept: KeptTrust = { entries: [], size: 0, proven: [], first: 0, checkpoint: '' }
  async loadTrust(): Promise<KeptTrust> {
    return this.kept
  }
  putEntry(entry: DirectoryEntry): void {
    this.kept.entries.push(entry)
  }
  putDirectorySize(size: number): void {
    this.kept.size = size
  }
  putProven(number: number): void {
    this.kept.proven.push(number)
  }
  putFirst(size: number): void {
    this.kept.first = size
  }
  putCheckpoint(note: string): void {
    this.kept.checkpoint = note
  }
  async beginAnew(): Promise<void> {}
}
