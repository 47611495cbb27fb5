/** Deeper than any real mail program nests parts. The limit keeps a crafted mail from exhausting the stack. */
const maxDepth = 10;

interface Entity {
  headers: Map<string, string>;
  body: string;
}

/**
 * Returns the first HTML part of a mail, with line ends as `\n`. Returns undefined when there is none, or when it uses a
 * charset or encoding that this small reader does not support. It supports UTF-8, and base64, quoted-printable, 7bit and
 * 8bit.
 *
 * @param raw the whole mail, headers included, read as UTF-8
 */
export function htmlPart(raw: string): string | undefined {
  return findHtml(raw, 0);
}

function findHtml(source: string, depth: number): string | undefined {
  const { headers, body } = readEntity(source);
  const [mediaType = '', parameters] = splitHeader(headers.get('content-type') ?? 'text/plain');
  const [disposition] = splitHeader(headers.get('content-disposition') ?? 'inline');

  if (mediaType.startsWith('multipart/') && depth < maxDepth) {
    for (const part of splitMultipart(body, parameters.get('boundary'))) {
      const html = findHtml(part, depth + 1);
      if (html !== undefined) {
        return html;
      }
    }
    return undefined;
  }
  if (mediaType !== 'text/html' || disposition === 'attachment') {
    return undefined;
  }
  const charset = parameters.get('charset')?.toLowerCase() ?? 'us-ascii';
  if (charset !== 'utf-8' && charset !== 'us-ascii') {
    return undefined;
  }
  return decodeBody(body, headers.get('content-transfer-encoding') ?? '7bit')?.replaceAll('\r\n', '\n');
}

function readEntity(source: string): Entity {
  const headers = new Map<string, string>();
  if (/^\r?\n/.test(source)) {
    return { headers, body: source.replace(/^\r?\n/, '') };
  }
  const blankLine = /\r?\n\r?\n/.exec(source);
  const head = blankLine === null ? source : source.slice(0, blankLine.index);
  const body = blankLine === null ? '' : source.slice(blankLine.index + blankLine[0].length);
  for (const line of head.replace(/\r?\n(?=[ \t])/g, '').split(/\r?\n/)) {
    const colon = line.indexOf(':');
    headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  return { headers, body };
}

/** Splits `Text/HTML; charset="utf-8"` into `text/html` and its parameters. Parameter names are in lower case. */
function splitHeader(value: string): [string, Map<string, string>] {
  const parameters = new Map<string, string>();
  for (const [, name = '', quoted, bare] of value.matchAll(/;\s*([^=;\s]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))/g)) {
    parameters.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? bare ?? '');
  }
  return [(value.split(';')[0] ?? '').trim().toLowerCase(), parameters];
}

function splitMultipart(body: string, boundary: string | undefined): string[] {
  if (boundary === undefined || boundary === '') {
    return [];
  }
  const parts: string[][] = [];
  for (const line of body.split(/(?<=\n)/)) {
    const text = line.trimEnd();
    if (text === `--${boundary}--`) {
      break;
    }
    if (text === `--${boundary}`) {
      parts.push([]);
    } else {
      parts.at(-1)?.push(line);
    }
  }
  // RFC 2046 5.1.1: the line end before a boundary belongs to the boundary.
  return parts.map((lines) => lines.join('').replace(/\r?\n$/, ''));
}

function decodeBody(body: string, encoding: string): string | undefined {
  switch (encoding.toLowerCase()) {
    case '7bit':
    case '8bit':
      return body;
    case 'base64':
      return decodeUtf8(Buffer.from(body, 'base64'));
    case 'quoted-printable':
      return decodeUtf8(decodeQuotedPrintable(body));
    default:
      return undefined;
  }
}

function decodeQuotedPrintable(body: string): Buffer {
  // RFC 2045 6.7: blanks at the end of a line were added in transport. `=` at the end joins the line to the next one.
  const joined = body.replace(/[ \t]+(?=\r?\n|$)/g, '').replace(/=\r?\n/g, '');
  const pieces = joined.split(/((?:=[0-9a-f]{2})+)/i);
  return Buffer.concat(
    pieces.map((piece, index) =>
      index % 2 === 1 ? Buffer.from(piece.replaceAll('=', ''), 'hex') : Buffer.from(piece),
    ),
  );
}

function decodeUtf8(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    // The bytes do not match the declared charset, and no page is better than a wrong one.
    return undefined;
  }
}
