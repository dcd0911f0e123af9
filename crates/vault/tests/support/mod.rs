//! A small S3 for tests: one bucket with object lock and versions, over plain HTTP. It checks the
//! signature of every request by an implementation of its own, and what it may not delete it keeps.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

pub(crate) const KEY_ID: &str = "TESTKEY";
pub(crate) const SECRET: &str = "a secret of the tests/with+signs";
pub(crate) const REGION: &str = "cn-north-1";
pub(crate) const BUCKET: &str = "evidence";

/// How a store may fall short of S3.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Flaw {
    #[default]
    None,
    /// It takes the headers that lock an object, and forgets them.
    IgnoresLocks,
    /// Its bucket was made without object lock.
    NoObjectLock,
    /// It gives back other bytes than it was given.
    DamagesContent,
}

#[derive(Clone, Debug)]
pub(crate) struct Version {
    pub(crate) id: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) retain_until: Option<String>,
    pub(crate) deleted: bool,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) flaw: Flaw,
    /// The store's own time, as it writes dates.
    pub(crate) now: String,
    pub(crate) objects: BTreeMap<String, Vec<Version>>,
    pub(crate) requests: Vec<String>,
    counter: u64,
}

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) state: Arc<Mutex<State>>,
}

struct Asked {
    method: String,
    path: String,
    query: Vec<(String, String)>,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

type Answer = (u16, Vec<(&'static str, String)>, Vec<u8>);

impl Server {
    pub(crate) fn start(flaw: Flaw) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = State { flaw, now: "2026-03-01T00:00:00Z".to_owned(), ..State::default() };
        let state = Arc::new(Mutex::new(state));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || serve(stream, address, &shared));
            }
        });
        Self { address, state }
    }
}

fn serve(stream: TcpStream, address: SocketAddr, state: &Mutex<State>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    while let Some(asked) = read(&mut reader) {
        let (status, headers, body) = match signature_fault(&asked, address) {
            Some(code) => refusal(403, code),
            None => answer(&asked, &mut state.lock().unwrap()),
        };
        let mut head = format!("HTTP/1.1 {status} X\r\n");
        let length = headers.iter().find(|(name, _)| *name == "content-length");
        if length.is_none() {
            head.push_str(&format!("content-length: {}\r\n", body.len()));
        }
        for (name, value) in &headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        let sent = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
        if sent.is_err() {
            return;
        }
    }
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Asked> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|count| *count > 0)?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").map_or(0, |text| text.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    assert!(!headers.contains_key("transfer-encoding"), "S3 wants to know the length");
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let query = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name), decoded(value))
    });
    Some(Asked { method, path: path.to_owned(), query: query.collect(), headers, body })
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first == b'%' {
            let (digits, after) = rest.split_at(2);
            bytes.extend(hex::decode(digits).unwrap());
            rest = after;
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// What is wrong with the signature, the code that S3 gives for it. Written from the standard, not
/// from the crate: headers by the list in the request, the query as it was sent.
fn signature_fault(asked: &Asked, address: SocketAddr) -> Option<&'static str> {
    let Some(authorization) = asked.headers.get("authorization") else { return Some("AccessDenied") };
    let part = |name: &str| {
        let rest = authorization.split_once(&format!("{name}=")).unwrap().1;
        rest.split(',').next().unwrap().trim().to_owned()
    };
    let (credential, signed, signature) = (part("Credential"), part("SignedHeaders"), part("Signature"));
    let scope: Vec<&str> = credential.split('/').collect();
    let [id, day, REGION, "s3", "aws4_request"] = scope[..] else {
        return Some("AuthorizationHeaderMalformed");
    };
    if id != KEY_ID {
        return Some("InvalidAccessKeyId");
    }
    if hex::encode(Sha256::digest(&asked.body)) != asked.headers["x-amz-content-sha256"] {
        return Some("XAmzContentSHA256Mismatch");
    }
    assert_eq!(asked.headers["host"], address.to_string());
    // All that begins with x-amz must be signed, and host.
    let signed: Vec<&str> = signed.split(';').collect();
    for name in asked.headers.keys().filter(|name| name.starts_with("x-amz-") || *name == "host") {
        assert!(signed.contains(&name.as_str()), "{name} is not signed");
    }
    assert!(signed.is_sorted());
    let mut pairs = asked.query.clone();
    pairs.sort();
    let escaped = |text: &str| {
        text.bytes()
            .map(|byte| match byte {
                byte if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => {
                    char::from(byte).to_string()
                }
                byte => format!("%{byte:02X}"),
            })
            .collect::<String>()
    };
    let query: Vec<_> =
        pairs.iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value))).collect();
    let mut text = format!("{}\n{}\n{}\n", asked.method, asked.path, query.join("&"));
    for name in &signed {
        text.push_str(&format!("{name}:{}\n", asked.headers[*name]));
    }
    text.push_str(&format!("\n{}\n{}", signed.join(";"), asked.headers["x-amz-content-sha256"]));
    let stamp = &asked.headers["x-amz-date"];
    assert!(stamp.starts_with(day) && stamp.len() == 16);
    let to_sign = format!(
        "AWS4-HMAC-SHA256\n{stamp}\n{day}/{REGION}/s3/aws4_request\n{}",
        hex::encode(Sha256::digest(text.as_bytes()))
    );
    let mac = |key: &[u8], text: &str| {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
        mac.update(text.as_bytes());
        mac.finalize().into_bytes().to_vec()
    };
    let key = mac(&mac(&mac(&mac(format!("AWS4{SECRET}").as_bytes(), day), REGION), "s3"), "aws4_request");
    (hex::encode(mac(&key, &to_sign)) != signature).then_some("SignatureDoesNotMatch")
}

fn refusal(status: u16, code: &str) -> Answer {
    let body = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>no</Message></Error>");
    (status, Vec::new(), body.into_bytes())
}

fn done() -> Answer {
    (200, Vec::new(), Vec::new())
}

fn answer(asked: &Asked, state: &mut State) -> Answer {
    state.requests.push(format!("{} {}", asked.method, asked.path));
    let parameter =
        |name: &str| asked.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    let bucket = format!("/{BUCKET}");
    if asked.path == bucket {
        return list(state, &parameter("prefix").unwrap(), parameter("continuation-token"));
    }
    let key = asked.path.strip_prefix(&format!("{bucket}/")).unwrap().to_owned();
    match asked.method.as_str() {
        "PUT" if parameter("retention").is_some() => retain(asked, state, &key),
        "PUT" => put(asked, state, key),
        "DELETE" => delete(state, &key, parameter("versionId")),
        method => show(asked, state, &key, method == "HEAD"),
    }
}

fn put(asked: &Asked, state: &mut State, key: String) -> Answer {
    let checksum = BASE64_STANDARD.encode(Sha256::digest(&asked.body));
    if asked.headers.get("x-amz-checksum-sha256") != Some(&checksum) {
        return refusal(400, "BadDigest");
    }
    let until = asked.headers.get("x-amz-object-lock-retain-until-date").cloned();
    if until.is_some() {
        assert_eq!(asked.headers["x-amz-object-lock-mode"], "COMPLIANCE");
        if state.flaw == Flaw::NoObjectLock {
            return refusal(400, "InvalidRequest");
        }
    }
    state.counter += 1;
    let mut bytes = asked.body.clone();
    if state.flaw == Flaw::DamagesContent {
        bytes[0] ^= 1;
    }
    let retain_until = until.filter(|_| state.flaw != Flaw::IgnoresLocks);
    let version = Version { id: format!("v+{}/=", state.counter), bytes, retain_until, deleted: false };
    state.objects.entry(key).or_default().push(version);
    done()
}

fn retain(asked: &Asked, state: &mut State, key: &str) -> Answer {
    let checksum = BASE64_STANDARD.encode(Sha256::digest(&asked.body));
    if asked.headers.get("x-amz-checksum-sha256") != Some(&checksum) {
        return refusal(400, "BadDigest");
    }
    let body = String::from_utf8(asked.body.clone()).unwrap();
    assert!(body.contains("<Mode>COMPLIANCE</Mode>"));
    let until = body.split_once("<RetainUntilDate>").unwrap().1.split_once('<').unwrap().0.to_owned();
    let Some(version) = state.objects.get_mut(key).and_then(|versions| versions.last_mut()) else {
        return refusal(404, "NoSuchKey");
    };
    if version.retain_until.as_ref().is_some_and(|held| *held > until) {
        return refusal(403, "AccessDenied");
    }
    version.retain_until = Some(until);
    done()
}

fn delete(state: &mut State, key: &str, version: Option<String>) -> Answer {
    let versions = state.objects.entry(key.to_owned()).or_default();
    match version {
        None => {
            let id = format!("marker{}", versions.len());
            versions.push(Version { id, bytes: Vec::new(), retain_until: None, deleted: true });
        }
        Some(id) => {
            let Some(index) = versions.iter().position(|known| known.id == id) else {
                return refusal(404, "NoSuchVersion");
            };
            if versions[index].retain_until.as_ref().is_some_and(|until| *until > state.now) {
                return refusal(403, "AccessDenied");
            }
            versions.remove(index);
        }
    }
    (204, Vec::new(), Vec::new())
}

fn show(asked: &Asked, state: &State, key: &str, is_head: bool) -> Answer {
    let latest = state.objects.get(key).and_then(|versions| versions.last());
    let Some(version) = latest.filter(|version| !version.deleted) else {
        let (status, headers, body) = refusal(404, "NoSuchKey");
        return (status, headers, if is_head { Vec::new() } else { body });
    };
    let mut headers =
        vec![("content-length", version.bytes.len().to_string()), ("x-amz-version-id", version.id.clone())];
    if asked.headers.get("x-amz-checksum-mode").is_some_and(|mode| mode == "ENABLED") {
        headers.push(("x-amz-checksum-sha256", BASE64_STANDARD.encode(Sha256::digest(&version.bytes))));
    }
    if let Some(until) = &version.retain_until {
        headers.push(("x-amz-object-lock-mode", "COMPLIANCE".to_owned()));
        headers.push(("x-amz-object-lock-retain-until-date", until.clone()));
    }
    (200, headers, if is_head { Vec::new() } else { version.bytes.clone() })
}

/// Two keys at a time, with a token that must be sent back as it was.
fn list(state: &State, prefix: &str, token: Option<String>) -> Answer {
    let is_shown = |versions: &Vec<Version>| versions.last().is_some_and(|version| !version.deleted);
    let after = token.map(|token| token.strip_prefix("a&b ").unwrap().to_owned()).unwrap_or_default();
    let mut keys = state
        .objects
        .iter()
        .filter(|(key, versions)| key.starts_with(prefix) && **key > after && is_shown(versions))
        .map(|(key, _)| key.as_str());
    let page: Vec<&str> = keys.by_ref().take(2).collect();
    let next = match (keys.next(), page.last()) {
        (Some(_), Some(last)) => {
            format!("<NextContinuationToken>a&amp;b {last}</NextContinuationToken>")
        }
        _ => String::new(),
    };
    let contents: String = page.iter().map(|key| format!("<Contents><Key>{key}</Key></Contents>")).collect();
    (200, Vec::new(), format!("<ListBucketResult>{contents}{next}</ListBucketResult>").into_bytes())
}
