// What Vite makes of imports that are no code.
declare module '*.css'
declare module '*?worker&url' {
  const address: string
  export default address
}
