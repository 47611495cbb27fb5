/** What the simulator is about to send: an HTTP status, a body that becomes JSON, and headers beyond `Content-Type`. */
export interface SimulatedAnswer {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
}

export function success(body: unknown): SimulatedAnswer {
  return { status: 200, body };
}

/** An error in the shape Omni gives its own: `{ "error": "...", "status": 403 }`. */
export function refusal(status: number, error: string, headers: Record<string, string> = {}): SimulatedAnswer {
  return { status, body: { error, status }, headers };
}
