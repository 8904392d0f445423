// What the screens see of everything below them: one `Core`, made by `openCore` (core.ts).
//
// All values here are plain data (structured clone), so that the core can run in a worker: ids are
// lower-case hex, times milliseconds since 1970, positions in text UTF-16 code units. Expected
// failures are values, never exceptions; the codes are those of docs/protocol.md. Text of people
// is text: screens put it into text nodes and nothing else. It may hold characters that turn the
// direction of writing or that cannot be seen; show it isolated (dir="auto", unicode-bidi:isolate).
//
// Everything shown has been checked: a message that fails a check never becomes a `MessageView`;
// its group is stopped on this device and says why.
export {};
