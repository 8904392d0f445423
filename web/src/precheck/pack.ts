// The rules, as the place that gave out the app gives them out: taken only when they are those of
// the policy version that the log says is in force.
import { concat, fromUtf8, hex, sha256, utf8 } from '../core/bytes.ts'
import { Reader } from '../core/codec.ts'

const kMagic = utf8('candour-pack/v1\n')
const kPackSizeMax = 16 * 1024 * 1024

export type NoPack = 'no-pack' | 'other-pack'

/** The SHA-256 of the signed text of the note a compiled pack carries; null when it carries none. The
 * engine refuses rules that are not those the note lists. */
export function digestOf(pack: Uint8Array): string | null {
  const r = new Reader(pack)
  const magic = r.raw(kMagic.length)
  const note = fromUtf8(r.vec())
  if (!r.ok || note === null || hex(magic) !== hex(kMagic)) return null
  const blank = note.indexOf('\n\n')
  return hex(sha256(utf8(blank < 0 ? note : note.slice(0, blank + 1))))
}

/** The body; null where it is larger than a pack may be, of which no more is taken. */
async function bounded(answer: Response): Promise<Uint8Array | null> {
  const parts: Uint8Array[] = []
  let size = 0
  const reader = answer.body?.getReader()
  for (;;) {
    const part = await reader?.read()
    if (part?.value === undefined) return concat(...parts)
    // Of what it is once unpacked: no header says that.
    size += part.value.length
    if (size > kPackSizeMax) {
      await reader?.cancel()
      return null
    }
    parts.push(part.value)
  }
}

async function fetchOnce(digest: string, fetching: typeof fetch, cache: RequestCache): Promise<Uint8Array | NoPack> {
  try {
    const answer = await fetching(`/policy/${digest}.pack`, { credentials: 'omit', redirect: 'error', cache })
    if (!answer.ok) return 'no-pack'
    const bytes = await bounded(answer)
    return bytes !== null && digestOf(bytes) === digest ? bytes : 'other-pack'
  } catch {
    return 'no-pack'
  }
}

/**
 * The pack of that version, or why there is none. Its name tells the server nothing that it does not
 * know. `fresh`: not what the browser has kept of it, which is for good; other rules than those are
 * asked for once more in any case.
 */
export async function fetchPack(digest: string, fresh = false, fetching: typeof fetch = fetch): Promise<Uint8Array | NoPack> {
  const kept = fresh ? 'other-pack' : await fetchOnce(digest, fetching, 'default')
  return kept === 'other-pack' ? fetchOnce(digest, fetching, 'reload') : kept
}
