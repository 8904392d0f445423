// What Vite makes of imports that are no code.
declare module '*.css'
declare module '*?worker&url' {
  const address: string
  export default address
}
/** The address of the policy engine (vite.config.ts); null where it was not built. */
declare module 'virtual:candour-engine' {
  const address: string | null
  export default address
}
