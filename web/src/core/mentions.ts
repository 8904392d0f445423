// Who is meant by the `@Name` in a text, as the composer writes it.

export interface Named {
  readonly person: string
  readonly name: string
}

/** The people named as "@Name", each once; where one name begins with another the longer is meant. */
export function mentionsIn(text: string, people: readonly Named[]): readonly string[] {
  const longestFirst = people.filter(({ name }) => name !== '').sort((a, b) => b.name.length - a.name.length)
  const found = new Set<string>()
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    const named = longestFirst.find(({ name }) => text.startsWith(name, at + 1))
    if (named !== undefined) found.add(named.person)
  }
  return [...found]
}

/** Of a text that was changed: who is not named any more is not mentioned, who is now named is. */
export function mentionsAfter(
  before: { readonly text: string; readonly mentions: readonly string[] },
  text: string,
  people: readonly Named[],
): readonly string[] {
  const named = mentionsIn(before.text, people)
  const kept = before.mentions.filter((person) => !named.includes(person))
  return [...new Set([...kept, ...mentionsIn(text, people)])]
}
