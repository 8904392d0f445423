// The world outside, passed in: clocks, the socket, the one-writer lock. In a browser all of it is
// real; tests bring the same things from Node.
/** One holder among all tabs of this browser (Web Locks). */
function webLock(name, busy) {
    return new Promise((resolve, reject) => {
        const hold = () => new Promise((release) => resolve(release));
        navigator.locks
            .request(name, { ifAvailable: true }, async (lock) => {
            if (lock === null)
                return false;
            await hold();
            return true;
        })
            .then(async (held) => {
            if (held)
                return;
            busy();
            await navigator.locks.request(name, hold);
        })
            .catch(reject);
    });
}
export function browserEnvironment() {
    return {
        now: () => Date.now(),
        monotonic: () => performance.now(),
        openSocket: (url, protocol) => new WebSocket(url, protocol),
        lock: webLock,
        database: 'candour',
        onOnline(listener) {
            globalThis.addEventListener('online', listener);
            return () => globalThis.removeEventListener('online', listener);
        },
    };
}
