// The rules, as the place that gave out the app gives them out: taken only when they are those of
// the policy version that the log says is in force.
import { fromUtf8, hex, sha256, utf8 } from '../core/bytes.ts'
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

/** The pack of that version, or why there is none. Its name tells the server nothing that it does not know. */
export async function fetchPack(digest: string, fetching: typeof fetch = fetch): Promise<Uint8Array | NoPack> {
  let answer
  try {
    answer = await fetching(`/policy/${digest}.pack`, { credentials: 'omit', redirect: 'error' })
  } catch {
    return 'no-pack'
  }
  if (!answer.ok || Number(answer.headers.get('content-length') ?? 0) > kPackSizeMax) return 'no-pack'
  const bytes = new Uint8Array(await answer.arrayBuffer())
  return bytes.length <= kPackSizeMax && digestOf(bytes) === digest ? bytes : 'other-pack'
}
