export class CandourError extends Error {
    code;
    constructor(code, message) {
        super(message);
        this.name = 'CandourError';
        this.code = code;
    }
}
export const fault = (code, message) => new CandourError(code, message);
export function asFailure(thrown) {
    if (thrown instanceof CandourError)
        return { code: thrown.code, message: thrown.message };
    // The name of the class alone: messages of libraries may hold what they were working on.
    const kind = thrown instanceof Error ? thrown.name : typeof thrown;
    return { code: 'internal', message: `something unexpected went wrong in the app (${kind})` };
}
export const success = (value) => ({ ok: true, value });
export const failed = (error) => ({ ok: false, error });
export async function attempt(work) {
    try {
        return success(await work());
    }
    catch (thrown) {
        return failed(asFailure(thrown));
    }
}
export const codeOf = (thrown) => asFailure(thrown).code;
/** This device's state can no longer be relied on: nothing may go on. */
export const isFinal = (thrown) => ['storage_failed', 'state_damaged', 'internal'].includes(codeOf(thrown));
/** The relay does not answer: the connection is dropped and a new one tried. */
export const isLost = (thrown) => ['disconnected', 'timed_out'].includes(codeOf(thrown));
