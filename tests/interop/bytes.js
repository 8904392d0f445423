// Small helpers for bytes and expectations.
import assert from "node:assert/strict"

export const hex = (bytes) => Buffer.from(bytes).toString("hex")
export const unhex = (text) => new Uint8Array(Buffer.from(text, "hex"))
export const utf8 = (text) => new TextEncoder().encode(text)

/** The same bytes with one bit of byte `at` (negative: from the end) turned. */
export function flipped(bytes, at) {
  const out = bytes.slice()
  out[at < 0 ? bytes.length + at : at] ^= 0x10
  return out
}

/**
 * Expects a refusal, and for the right reason: `reason` is a pattern for the message, or one for
 * each implementation, {cpp, ts}.
 */
export async function refused(member, promise, reason) {
  const pattern = reason instanceof RegExp ? reason : reason[member.kind]
  const error = await promise.then(
    () => assert.fail(`${member.name} accepts what it must refuse`),
    (e) => e,
  )
  if (error instanceof assert.AssertionError) throw error
  // The C++ program says so when a refusal changed the group.
  assert.notEqual(error.code, "state_damaged", error.message)
  const why = `${member.name} refuses, but not because ${pattern}: ${error.message}`
  assert.match(error.message, pattern, why)
}
