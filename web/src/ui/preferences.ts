// What a person prefers in this browser. Nothing here is secret or about anybody else.
const kKeys = { theme: 'candour.theme', notify: 'candour.notify' } as const
export type Theme = 'system' | 'light' | 'dark'

export function preference(name: keyof typeof kKeys): string | null {
  try {
    return localStorage.getItem(kKeys[name])
  } catch {
    return null // storage is switched off: the defaults hold
  }
}

export function prefer(name: keyof typeof kKeys, value: string): void {
  try {
    localStorage.setItem(kKeys[name], value)
  } catch {
    // as above
  }
}

export function theme(): Theme {
  const kept = preference('theme')
  return kept === 'light' || kept === 'dark' ? kept : 'system'
}

export function applyTheme(chosen: Theme): void {
  prefer('theme', chosen)
  if (chosen === 'system') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = chosen
}
