/**
 * Loaded into the program with `NODE_OPTIONS=--import`. It makes the program crash at its second request, with an
 * error that contains that request, as errors of HTTP libraries do.
 */
const kind = process.env.CRASH_KIND;
const { fetch: realFetch } = globalThis;
let count = 0;

if (kind !== undefined) {
  globalThis.fetch = async (input, init) => {
    count += 1;
    if (count === 2) crash(new Request(input instanceof Request ? input.clone() : input, init));
    return await realFetch(input, init);
  };
}

function crash(request: Request): void {
  const headers = Object.fromEntries(request.headers);
  const error = Object.assign(new Error('a defect of this program'), { request: { url: request.url, headers } });
  if (kind === 'exception') {
    setImmediate(() => {
      throw error;
    });
  } else if (kind === 'rejection') {
    void Promise.reject(error);
  } else {
    void Promise.reject({ headers });
  }
}
