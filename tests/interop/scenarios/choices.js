/** Repeatable choices by seed (mulberry32); nothing secret. */
export function choices(seed) {
  let a = seed >>> 0
  const below = (n) => {
    a = (a + 0x6d2b79f5) >>> 0
    let t = Math.imul(a ^ (a >>> 15), a | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) % n
  }
  const pick = (list) => list[below(list.length)]
  /** `n` different ones, or all when there are fewer. */
  const some = (list, n) => {
    const rest = list.slice()
    const out = []
    while (out.length < n && rest.length > 0) out.push(...rest.splice(below(rest.length), 1))
    return out
  }
  return { below, pick, some }
}
