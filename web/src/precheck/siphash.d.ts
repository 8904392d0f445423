declare module 'siphash' {
  /** SipHash-2-4; the key as four little-endian words. */
  function hash(key: Uint32Array, message: Uint8Array): { readonly h: number; readonly l: number }
  const siphash: { readonly hash: typeof hash }
  export default siphash
}
