// Notifications say that there is a message and in which group, never what it says; and nothing
// while the page is looked at.
import type { GroupView } from '../core/api.ts'
import { text } from '../text/en.ts'
import { bareName } from './plain.ts'
import { preference } from './preferences.ts'

export function notify(group: GroupView, mentionsMe: boolean, open: () => void): void {
  if (!document.hidden || preference('notify') !== 'yes') return
  if (!('Notification' in window) || Notification.permission !== 'granted') return
  const name = bareName(group.name)
  const body = mentionsMe ? text.notification.mention(name) : text.notification.body(name)
  // One for each group: the newest takes the place of the one before.
  const shown = new Notification(text.notification.title, { body, tag: group.id })
  shown.onclick = () => {
    window.focus()
    open()
    shown.close()
  }
}
