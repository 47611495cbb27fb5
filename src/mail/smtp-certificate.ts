import type { SmtpConfig } from '../config/settings.ts';
import type { SmtpError, SmtpProblem } from './smtp-failure.ts';

const replaceIt = "Ask the administrator of the mail server to replace the server's certificate";

const privateAuthority =
  'If it belongs to a private certificate authority, set NODE_EXTRA_CA_CERTS to its certificate file';

/** Explains why the server's certificate was refused; null if the failure was something else. */
export function explainCertificate(
  { originalCode, certificateNames, message }: SmtpError,
  { host }: SmtpConfig,
): SmtpProblem | null {
  switch (originalCode) {
    case 'CERT_HAS_EXPIRED':
      return {
        message: "the server's certificate has expired",
        hint: 'Ask the administrator of the mail server to renew it, and check the clock of this machine',
      };
    case 'CERT_NOT_YET_VALID':
      return {
        message: "the server's certificate is not valid yet",
        hint: 'Check the clock of this machine',
      };
    case 'ERR_TLS_CERT_ALTNAME_INVALID': {
      const isFor = certificateNames === '' ? 'it names another server' : `it is for ${showNames(certificateNames)}`;
      return {
        // The host comes first, because long messages are cut off.
        message: `the server's certificate is not for ${host}; ${isFor}`,
        hint: 'Set SMTP_HOST to a name in the certificate',
      };
    }
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return { message: "the server's certificate is self-signed", hint: privateAuthority };
    case 'CERT_REVOKED':
      return {
        message: "the server's certificate has been revoked",
        hint: replaceIt,
      };
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return {
        message:
          "the server's certificate cannot be verified: its authority is unknown, or the server does not send the intermediate certificate",
        hint: privateAuthority,
      };
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'CERT_UNTRUSTED':
      return { message: "the server's certificate comes from an unknown authority", hint: privateAuthority };
    case 'INVALID_PURPOSE':
      return {
        message: "the server's certificate was not issued for servers",
        hint: replaceIt,
      };
    case 'INVALID_CA':
    case 'PATH_LENGTH_EXCEEDED':
    case 'CERT_CHAIN_TOO_LONG':
      return {
        message: "the server's certificate was issued by a certificate that must not issue it",
        hint: replaceIt,
      };
    // Node has no code of its own for a weak key or signature.
    case 'UNSPECIFIED':
      return {
        message: /too weak/.test(message)
          ? "the server's certificate, or that of its authority, has a key or signature that is too weak"
          : "the server's certificate is not acceptable",
        hint: replaceIt,
      };
    default:
      return certificateCode.test(originalCode)
        ? { message: "the server's certificate cannot be verified", hint: privateAuthority }
        : null;
  }
}

/** All other codes that Node has for certificates. */
const certificateCode = /^(CERT|CRL)_|_(CERT|CRL)(_|$)|_ISSUER_PUBLIC_KEY$|^HOSTNAME_MISMATCH$/;

const maxNames = 3;

/** Shows the alternative names of a certificate, such as `DNS:mail.acme.example, IP Address:192.0.2.1`. */
function showNames(alternativeNames: string): string {
  const names = alternativeNames.split(', ').map((name) => name.replace(/^(DNS|IP Address):/, ''));
  const shown = names.slice(0, maxNames).join(', ');
  return names.length > maxNames ? `${shown} and ${names.length - maxNames} more` : shown;
}
