//! AWS Signature Version 4 in the header `Authorization`, with the digest of the body signed too.
//!
//! By hand, since the small crates for it sign addresses only and leave the body out; it is checked
//! against the worked examples of Amazon's documentation ("Signature Calculations for the
//! Authorization Header").

use hmac::{Hmac, KeyInit, Mac};
use model::time::Time;
use sha2::{Digest, Sha256};

use super::config::Credentials;
use crate::ContentHash;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// What is signed of a request.
pub(super) struct Signed<'a> {
    pub(super) method: &'a str,
    /// The path, percent-encoded as it is sent.
    pub(super) path: &'a str,
    /// The query, as names and values that are not encoded yet.
    pub(super) query: &'a [(&'a str, &'a str)],
    /// Names in lower case; `host` and `x-amz-content-sha256` are among them.
    pub(super) headers: &'a [(&'a str, &'a str)],
    pub(super) body_sha256: &'a ContentHash,
}

/// `20130524T000000Z`.
pub(super) fn timestamp(time: Time) -> String {
    // Our times are written with the offset of Shanghai; moved back by it they read as UTC.
    let utc = time.plus_seconds(-i64::from(model::time::SHANGHAI_OFFSET_SECONDS)).to_string();
    let digits: String = utc.chars().take(19).filter(|c| !matches!(c, '-' | ':')).collect();
    format!("{digits}Z")
}

/// The value of the header `Authorization`.
pub(super) fn authorization(
    request: &Signed<'_>,
    credentials: &Credentials,
    region: &str,
    timestamp: &str,
) -> String {
    let mut headers = request.headers.to_vec();
    headers.sort_unstable();
    let signed_headers: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    let signed_headers = signed_headers.join(";");
    let headers: String = headers.iter().map(|(name, value)| format!("{name}:{}\n", value.trim())).collect();
    let Signed { method, path, query, body_sha256, .. } = request;
    let canonical =
        format!("{method}\n{path}\n{}\n{headers}\n{signed_headers}\n{body_sha256}", query_text(query));
    let day = timestamp.get(..8).unwrap_or(timestamp);
    let scope = format!("{day}/{region}/s3/aws4_request");
    let digest = hex::encode(Sha256::digest(canonical.as_bytes()));
    let text = format!("{ALGORITHM}\n{timestamp}\n{scope}\n{digest}");
    let secret = format!("AWS4{}", credentials.secret.reveal());
    let key = [day, region, "s3", "aws4_request"]
        .into_iter()
        .fold(secret.into_bytes(), |key, part| code(&key, part.as_bytes()));
    let signature = hex::encode(code(&key, text.as_bytes()));
    let id = &credentials.id;
    format!("{ALGORITHM} Credential={id}/{scope}, SignedHeaders={signed_headers}, Signature={signature}")
}

/// The query as it is signed and sent: encoded, in the order of names.
pub(super) fn query_text(query: &[(&str, &str)]) -> String {
    let mut pairs: Vec<_> =
        query.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
    pairs.sort_unstable();
    pairs.join("&")
}

fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

fn code(key: &[u8], message: &[u8]) -> Vec<u8> {
    // HMAC takes keys of every length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::super::config::Secret;
    use super::*;

    /// The examples of Amazon's documentation, with its key that is no secret.
    #[test]
    fn signatures_are_those_of_the_documentation() {
        let credentials = Credentials {
            id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret: Secret::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
            session: None,
        };
        let day = timestamp(Time::parse("2013-05-24T00:00:00Z").unwrap());
        assert_eq!(day, "20130524T000000Z");
        let nothing = ContentHash::of(b"");
        let text = ContentHash::of(b"Welcome to Amazon S3.");
        type Pairs = &'static [(&'static str, &'static str)];
        let table: [(&str, &str, Pairs, Pairs, ContentHash, &str); 4] = [
            (
                "GET",
                "/test.txt",
                &[],
                &[("range", "bytes=0-9")],
                nothing,
                "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
            ),
            (
                "PUT",
                "/test%24file.text",
                &[],
                &[("date", "Fri, 24 May 2013 00:00:00 GMT"), ("x-amz-storage-class", "REDUCED_REDUNDANCY")],
                text,
                "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
            ),
            (
                "GET",
                "/",
                &[("lifecycle", "")],
                &[],
                nothing,
                "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
            ),
            (
                "GET",
                "/",
                &[("prefix", "J"), ("max-keys", "2")],
                &[],
                nothing,
                "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
            ),
        ];
        for (method, path, query, more, body, signature) in table {
            let digest = body.to_string();
            let mut headers = vec![
                ("x-amz-date", day.as_str()),
                ("host", "examplebucket.s3.amazonaws.com"),
                ("x-amz-content-sha256", &digest),
            ];
            headers.extend(more);
            let signed = Signed { method, path, query, headers: &headers, body_sha256: &body };
            let header = authorization(&signed, &credentials, "us-east-1", &day);
            assert_eq!(header.rsplit('=').next(), Some(signature), "{header}");
        }
    }
}
