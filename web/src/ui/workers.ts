// Where code is started from: two workers, by name. The page allows no other address.
type Policy = { createScriptURL(address: string): unknown }
type Factory = { createPolicy(name: string, rules: object): Policy }

/** How to start a worker at one of these addresses; to be called once. */
export function starter(addresses: readonly string[]): (address: string) => Worker {
  const factory = (window as { trustedTypes?: Factory }).trustedTypes
  const policy = factory?.createPolicy('candour-worker', {
    createScriptURL: (wanted: string) => {
      if (!addresses.includes(wanted)) throw new TypeError('not a worker of this page')
      return wanted
    },
  })
  return (address) => new Worker((policy?.createScriptURL(address) as string | undefined) ?? address, { type: 'module' })
}
