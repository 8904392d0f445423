// The bounds of base/limits.h that a client keeps to.
export const frameSizeMax = 1024 * 1024
export const contentSizeMax = 16 * 1024
export const noteSizeMax = 64 * 1024
export const signedNoteSizeMax = 512 * 1024
export const noteSignaturesMax = 64
export const botFieldPlaintextSize = 2560
export const replyPlaintextSize = 2048
export const answerPlaintextSize = 2816
export const appealContentSizeMax = 4 * 1024
export const approvalLifetimeMs = 24 * 3600 * 1000
export const groupMembersMax = 1024
export const groupNameSizeMax = 128
export const justificationMin = 10
export const justificationMax = 500
export const keyPackagesGoal = 16
export const clockSkewMs = 5 * 60 * 1000
export const loginTimeoutMs = 10_000
export const requestTimeoutMs = 30_000
export const treeSizeMax = 2 ** 53 - 1
/** The end of 9999-12-31, as every format of times has it. */
export const timeMax = 253_402_300_799_999

// MLS, the same on every client.
export const pastEpochsMax = 4
export const ratchetForwardStepsMax = 200
export const skippedGenerationsMax = 200
