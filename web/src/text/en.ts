// Every word the browser app shows, in English. Another language is another file with these keys.
// Sentences are calm, say what is so and what can be done, and never repeat text of people.

import { desk } from './en_desk.ts'
import { groups } from './en_groups.ts'
import { ownRecord } from './en_record.ts'
import { plural } from './en_plural.ts'
import { warning } from './en_warning.ts'

export const text = {
  app: 'Candour',
  skipToMessages: 'Skip to messages',
  skipToComposer: 'Skip to the message box',
  back: 'Back',
  close: 'Close',
  cancel: 'Cancel',
  copy: 'Copy',
  copied: 'Copied',
  save: 'Save as a file',
  more: 'More',
  loading: 'One moment',
  unknownFailure: 'Something went wrong here. Reload the page; nothing sent is lost.',
  lostWorker: 'The part of this page that holds your keys has stopped. Reload the page; nothing sent is lost.',

  phases: {
    elsewhere: 'Candour is open in another tab',
    elsewhereMore:
      'One tab at a time holds your keys, so that no message is ever encrypted twice the same way. Close the other tab and this one goes on by itself.',
    unsupported: 'This browser cannot run Candour',
    failed: 'Candour had to stop',
    failedMore: 'Load the app again first. Only if that does not help: forget this device and set it up anew.',
    reload: 'Load again',
  },

  enrol: {
    title: 'Set up this device',
    lead: 'Your registrar gives you a link, a QR code or a text. Keys are made here and never leave this browser.',
    steps: ['Invitation', 'Compare', 'Passphrase', 'Approval'],
    offerLabel: 'Invitation from your registrar',
    offerHint: 'Paste the link or the whole text.',
    read: 'Read the invitation',
    compareTitle: 'Compare this fingerprint',
    compareLead:
      'It must be the same, group by group, as the one on paper from your registrar. If it differs, stop and tell them.',
    same: 'It is the same',
    organisation: 'Organisation',
    relay: 'Server',
    person: 'Person',
    role: 'Role',
    unit: 'Unit',
    passphraseTitle: 'Choose a passphrase',
    passphraseLead:
      'It locks what this browser keeps. Nobody can reset it: if you forget it, this device is enrolled anew.',
    passphrase: 'Passphrase',
    again: 'Passphrase, again',
    passphraseHint: 'At least 12 characters; four random words are good.',
    tooShort: 'Use at least 12 characters.',
    differs: 'The two are not the same.',
    make: 'Make my keys',
    making: 'Making keys',
    requestTitle: 'Send this request to your registrars',
    requestLead:
      'Two registrars check that it is really you and approve it. It holds no secret. They send back a certificate.',
    requestLabel: 'Request',
    device: 'This device',
    certificateLabel: 'Certificate from your registrars',
    certificateHint: 'Paste the text, or choose the file.',
    certificateFile: 'Choose the file',
    install: 'Finish',
    request: 'candour-request.txt',
    forget: 'Start again',
  },

  unlock: {
    title: 'Locked',
    lead: 'Your messages and keys are sealed in this browser.',
    unlock: 'Unlock',
    unlocking: 'Unlocking',
    wrong: 'That passphrase does not open this device.',
    lock: 'Lock now',
    forget: 'Forget this device',
    forgetTitle: 'Forget this device?',
    forgetLead:
      'All messages and keys in this browser are deleted and cannot be brought back. Ask a registrar to revoke the device.',
    forgetConfirm: 'Delete everything here',
  },

  notice: {
    title: 'Before you write',
    version: (n: number) => `Monitoring notice, version ${n}`,
    acknowledge: 'I have read this',
    logged: 'That you read it, and when, is logged.',
    done: 'Acknowledged',
  },

  nav: {
    label: 'Main',
    chats: 'Chats',
    desk: 'Desk',
    search: 'Search',
    alarms: 'Alarms',
    settings: 'Settings',
    unread: (n: number) => `${n} unread`,
    open: (n: number) => `${n} open`,
  },

  connection: {
    offline: 'Offline. What you write is kept here and sent when you are back.',
    connecting: 'Connecting',
    catchingUp: 'Catching up',
    refused: 'The server does not accept this device.',
    botAway:
      'Waiting for the compliance check. Messages are kept and delivered once it is back; nothing is delivered unchecked.',
    unwitnessed: 'The log has no outside witness at the moment. Messages go on.',
    duty: 'A reminder, not about you: you can speak up to professional standards from the menu of any message.',
    dutyRead: 'All right',
    retry: 'Try now',
    example: 'Example organisation: anybody may know its keys.',
  },

  groups,

  botLine: {
    text: (since: string) =>
      `Checked by the compliance bot before delivery, since ${since}.`,
    key: (age: string) => `Bot's key: ${age}.`,
    keyDays: (days: number) => (days < 1 ? 'from today' : `${days} ${plural(days, 'day', 'days')} old`),
    more: 'Who is here',
  },

  conversation: {
    messages: 'Messages',
    today: 'Today',
    yesterday: 'Yesterday',
    older: 'Earlier messages',
    beginning: 'This is where your history of this group begins.',
    newest: 'Newest messages',
    newMessages: (n: number) => `${n} new ${plural(n, 'message', 'messages')}`,
    empty: 'Nothing here yet. Say hello.',
    deleted: 'This message was deleted for everyone.',
    edited: 'edited',
    overridden: 'sent past a warning',
    replyTo: (name: string) => `Reply to ${name}`,
    unknownReply: 'A message this device does not hold',
    arrived: (name: string, body: string) => `${name}: ${body}`,
    joined: (names: string) => `${names} joined`,
    left: (names: string) => `${names} left`,
    missed: (n: number) => `You were away for too long: ${n} ${plural(n, 'message is', 'messages are')} missing here.`,
    reformed: 'The group was set up anew with the same or fewer members.',
    stopped: 'This group is stopped on this device',
    stoppedMore: 'Something did not pass a check, so nothing more is shown or sent here. Tell your registrar.',
    removed: 'You are no longer a member. What you have stays readable.',
    pollVotes: (n: number) => `${n} ${plural(n, 'vote', 'votes')}`,
    poll: 'Poll',
    react: (emoji: string) => `React with ${emoji}`,
    reacted: (emoji: string, names: readonly string[]) => `${emoji} ${names.length}: ${names.join(', ')}`,
    kinds: {
      edit: 'Edit',
      reaction: 'Reaction',
      deletion: 'Deletion',
      vote: 'Vote',
    },
  },

  states: {
    waiting: 'Waiting to be sent',
    sent: 'Sending',
    checking: 'Waiting for the check',
    delivered: 'Checked and delivered',
    warned: 'Not sent: please look',
    blocked: 'Not sent',
    rejected: 'Not accepted',
  },

  actions: {
    menu: 'Actions for this message',
    reply: 'Reply',
    react: 'React',
    edit: 'Edit',
    remove: 'Delete for everyone',
    removeTitle: 'Delete for everyone?',
    removeLead: 'It disappears from every screen. The sealed record in the compliance log stays.',
    copy: 'Copy text',
    proof: 'Show the proof',
    report: 'Speak up about this',
  },

  composer: {
    label: (group: string) => `Message to ${group}`,
    placeholder: 'Write a message',
    send: 'Send',
    saveEdit: 'Save the edit',
    poll: 'Ask a poll',
    replying: (name: string) => `Replying to ${name}`,
    editing: 'Editing your message',
    stop: 'Stop',
    mention: 'Mention somebody',
    needsNotice: 'Read the notice above first.',
    left: (n: number) => `${n} ${plural(n, 'character', 'characters')} left`,
    attachments: 'Files cannot be sent yet.',
  },

  precheck: {
    warn: 'The compliance bot is likely to hold this',
    block: 'The compliance bot is likely to stop this',
    why: 'Why',
    free: 'You can change it, or send it as it is: the bot decides.',
    without: 'No check while you type on this device now. The bot checks every message when it is sent.',
  },

  warning,

  report: {
    title: 'Speak up',
    step: (n: number) => `Step ${n} of 2`,
    lead: 'You can tell professional standards about this message. You do not need anybody’s leave.',
    whatTitle: 'What is sent',
    what: ['This message.', 'Your words.', 'Who you are: professional standards may want to speak with you.'],
    whoTitle: 'Who sees it',
    who: ['Professional standards.', 'Not the sender, not this group, not your line of command. The server cannot tell it from a message that was withheld.'],
    reason: 'What should they know?',
    next: 'Look it over',
    confirm: 'Send to professional standards',
    done: 'Your report is on its way. Nobody in this group can see it.',
  },

  roster: {
    title: 'Who is here',
    bot: 'Compliance bot',
    botMore:
      'Checks every message before delivery, keeps no text after its verdict, and seals each record so that nobody can open it without a warrant.',
    owner: 'Owner',
    self: 'This device',
    proven: 'In the log',
    unproven: 'Not yet proven',
    revoked: 'Revoked',
    expired: 'Expired',
    fingerprint: 'Fingerprint',
    until: (when: string) => `Valid until ${when}`,
    details: (name: string) => `Details of ${name}`,
  },

  proof: {
    title: 'Proof',
    lead: 'Checked on this device just now.',
    checking: 'Asking for the proof and checking it',
    included: 'In the compliance log',
    receipt: 'The bot’s receipt fits what you sent',
    receiptMissing: 'The bot’s receipt has not come yet',
    noReceipt: 'Somebody else’s message: only its sender has the receipt',
    witnessed: 'Enough witnesses have seen it',
    notWitnessed: 'Not enough witnesses have seen it yet',
    leaf: 'Leaf',
    of: (index: string, size: string) => `${index} of ${size}`,
    seq: 'Place in the group',
    origin: 'Log',
    policy: 'Rules',
    hash: 'Leaf hash',
    witnesses: 'Witnesses',
    save: 'Save the proof',
    file: 'message.tlog-proof',
    changedTo: 'This is how it was released. Changed since to:',
  },

  desk,

  ownRecord,

  alarms: {
    title: 'Alarms',
    lead: 'What this device noticed about the log, the server or devices in your name. Show it to your registrar.',
    none: 'Nothing was noticed. Good.',
    new: 'New',
  },

  search: {
    title: 'Search',
    label: 'Find in the messages on this device',
    hint: 'The search never leaves this browser.',
    none: 'Nothing found on this device.',
    count: (n: number) => `${n} found`,
    in: (group: string) => `in ${group}`,
  },

  settings: {
    title: 'Settings',
    appearance: 'Appearance',
    themes: { system: 'As the device', light: 'Light', dark: 'Dark' },
    idle: 'Lock when idle',
    idleChoices: [
      [300_000, 'after 5 minutes'],
      [900_000, 'after 15 minutes'],
      [3_600_000, 'after an hour'],
      [0, 'never'],
    ] as ReadonlyArray<readonly [number, string]>,
    notifications: 'Notifications',
    notify: 'Tell me when a message comes',
    notifyHint: 'Only that there is one and in which group: never what it says.',
    notifyOff: 'The browser does not allow notifications for this site.',
    device: 'This device',
    notKept:
      'The browser did not promise to keep what this device holds: if its disk runs full, it may delete keys and messages. Adding Candour to the bookmarks or installing it often helps.',
    fingerprint: 'Organisation’s fingerprint',
    another: 'Another device of yours',
    anotherMore: 'Scan this with a phone, or open the link on another computer. Keys are made there, and registrars approve it like any device.',
    anotherShow: 'Show the code',
    anotherCopy: 'Copy the link',
    anotherPublic: 'The code holds no secret: your name and unit, the server, and the organisation’s key. Compare the fingerprint there all the same.',
    code: 'QR code with the invitation for another device',
    passphrase: 'Change the passphrase',
    from: 'Passphrase now',
    to: 'New passphrase',
    change: 'Change it',
    changed: 'The passphrase is changed.',
    log: 'Log',
    logState: (size: string) => `${size} entries seen`,
    notice: 'Monitoring notice',
    until: (when: string) => `Certified until ${when}`,
  },

  poll: {
    title: 'Ask a poll',
    question: 'Question',
    option: (n: number) => `Answer ${n}`,
    add: 'Add an answer',
    send: 'Send the poll',
  },

  notification: {
    title: 'Candour',
    body: (group: string) => `New message in ${group}`,
    mention: (group: string) => `You are mentioned in ${group}`,
  },

  oddCharacter: (code: string) => `Hidden character U+${code}`,
  fingerprintOf: (name: string) => `Fingerprint of ${name}`,
} as const
