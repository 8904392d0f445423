// Saving something of one's own as a file.
export function saveFile(name: string, body: string): void {
  const address = URL.createObjectURL(new Blob([body], { type: 'text/plain' }))
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  // The download has begun by then; the copy in memory goes.
  setTimeout(() => URL.revokeObjectURL(address), 10_000)
}
