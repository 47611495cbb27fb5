/** What the simulator sends: an HTTP status, a body that becomes JSON, and headers in addition to `Content-Type`. */
export interface SimulatedAnswer {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
}

export function success(body: unknown): SimulatedAnswer {
  return { status: 200, body };
}

/** An error in the format of Omni's own: `{ "error": "...", "status": 403 }`. */
export function refusal(status: number, error: string, headers: Record<string, string> = {}): SimulatedAnswer {
  return { status, body: { error, status }, headers };
}
