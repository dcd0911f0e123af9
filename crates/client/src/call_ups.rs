//! 调阅: recordings that the supervisor calls up, and the institution's answers. Both sides ask the
//! same server with their own keys.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::connection::Connection;
use crate::receipt::Problem;

const BUFFER_BYTES: usize = 1 << 16;

/// What the supervisor asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CallUpAsked {
    /// The institution.
    pub institution: String,
    /// The policy whose sale was recorded.
    pub policy: String,
    /// `sound` or `picture`.
    pub medium: String,
    /// Within how many hours; the server's usual when nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours: Option<u32>,
    /// On what ground.
    pub ground: String,
}

/// A call-up, as the server shows it. Read leniently, as receipts are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedCallUp {
    /// The server's id of it.
    pub id: String,
    /// The institution that was asked.
    pub institution: String,
    /// The policy whose sale was recorded.
    pub policy: String,
    /// `sound` or `picture`.
    pub medium: String,
    /// The digest that was filed, if one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// When it was asked for, RFC 3339.
    pub asked_at: String,
    /// By when it is to come, RFC 3339.
    pub due_at: String,
    /// On what ground.
    #[serde(default)]
    pub ground: String,
    /// `open`, `answered`, `overdue` or `hash_differs`.
    pub status: String,
    /// What came.
    #[serde(default)]
    pub answer: Option<ListedAnswer>,
}

/// What came for a call-up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedAnswer {
    /// When all of it had come, RFC 3339.
    pub received_at: String,
    /// Its SHA-256.
    pub sha256: String,
    /// How many bytes it has.
    pub bytes: u64,
    /// Whether it is what was filed; absent when nothing was.
    #[serde(default)]
    pub hash_matches: Option<bool>,
    /// The last day on which it is kept.
    pub retained_until: String,
}

/// Why a call-up could not be asked, answered, listed or fetched.
#[derive(Debug, thiserror::Error)]
pub enum CallUpError {
    /// The server refused.
    #[error("{0}")]
    Refused(Box<Problem>),
    /// No connection, a broken one, or an answer that cannot be read.
    #[error("the server did not answer as it should: {0}")]
    Broken(String),
    /// Not an id of a call-up.
    #[error("a call-up's id has 32 hexadecimal digits")]
    MalformedId,
    /// A file of this machine.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: String,
        /// What the file system says.
        source: io::Error,
    },
    /// What came is not what was sealed.
    #[error("what came is damaged: its digest is {came}, not {sealed}")]
    Damaged {
        /// The digest of what came.
        came: String,
        /// The one that was sealed.
        sealed: String,
    },
}

#[derive(Deserialize)]
struct Page {
    call_ups: Vec<ListedCallUp>,
}

/// Calls a recording up; a call-up that waits already is given again.
///
/// # Errors
/// [`CallUpError`].
pub fn call_up(connection: &Connection, asked: &CallUpAsked) -> Result<ListedCallUp, CallUpError> {
    let body = serde_json::to_vec(asked).map_err(|error| CallUpError::Broken(error.to_string()))?;
    read(connection.post_json("/v1/call-ups", &body).map_err(CallUpError::Broken)?)
}

/// The call-ups that the key sees, the newest first; of one status, if one is named.
///
/// # Errors
/// [`CallUpError`].
pub fn call_ups(
    connection: &Connection,
    status: Option<&str>,
    limit: usize,
) -> Result<Vec<ListedCallUp>, CallUpError> {
    let status = status.map(|status| format!("&status={status}")).unwrap_or_default();
    let path = format!("/v1/call-ups?limit={limit}{status}");
    let page: Page = read(connection.get(&path).map_err(CallUpError::Broken)?)?;
    Ok(page.call_ups)
}

/// A call-up by its id.
///
/// # Errors
/// [`CallUpError`].
pub fn one_call_up(connection: &Connection, id: &str) -> Result<ListedCallUp, CallUpError> {
    read(connection.get(&path_of(id)?).map_err(CallUpError::Broken)?)
}

/// Uploads a file for a call-up. The server answers when it is kept and held against its digest.
///
/// # Errors
/// [`CallUpError`].
pub fn answer_call_up(
    connection: &Connection,
    id: &str,
    path: &Path,
    media_type: Option<&str>,
) -> Result<ListedCallUp, CallUpError> {
    let file = File::open(path).map_err(at(path))?;
    let address = format!("{}/content", path_of(id)?);
    read(connection.put_file(&address, &file, media_type).map_err(CallUpError::Broken)?)
}

/// The SHA-256 of a file, to be held against the digest that was filed before anything is sent.
///
/// # Errors
/// [`CallUpError::File`].
pub fn digest_of_file(path: &Path) -> Result<String, CallUpError> {
    let mut file = File::open(path).map_err(at(path))?;
    let digest = copied(&mut file, &mut io::sink()).map_err(at(path))?;
    Ok(digest)
}

/// Fetches what came for a call-up into a file that is not there yet; says its digest. A file that
/// did not come whole is removed.
///
/// # Errors
/// [`CallUpError`].
pub fn fetch_call_up(connection: &Connection, id: &str, to: &Path) -> Result<String, CallUpError> {
    let sealed = one_call_up(connection, id)?.answer.map(|answer| answer.sha256).unwrap_or_default();
    let address = format!("{}/content", path_of(id)?);
    let (status, mut body) = connection.open(&address).map_err(CallUpError::Broken)?;
    if status != 200 {
        let mut text = Vec::new();
        body.read_to_end(&mut text).map_err(|error| CallUpError::Broken(error.to_string()))?;
        return Err(CallUpError::Refused(Box::new(Problem::of_answer(status, &text))));
    }
    let mut file = File::create_new(to).map_err(at(to))?;
    let came = copied(&mut body, &mut file).and_then(|digest| file.sync_all().map(|()| digest));
    let outcome = match came {
        Ok(came) if came == sealed => return Ok(came),
        Ok(came) => CallUpError::Damaged { came, sealed },
        Err(error) => CallUpError::Broken(error.to_string()),
    };
    let _ = std::fs::remove_file(to);
    Err(outcome)
}

fn copied(from: &mut impl Read, to: &mut impl Write) -> io::Result<String> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        let count = match from.read(&mut buffer) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let Some(piece) = buffer.get(..count).filter(|piece| !piece.is_empty()) else { break };
        hasher.update(piece);
        to.write_all(piece)?;
    }
    Ok(hex::encode(hasher.finalize()))
}

/// What goes into an address is only what an id is made of.
fn path_of(id: &str) -> Result<String, CallUpError> {
    match id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        true => Ok(format!("/v1/call-ups/{id}")),
        false => Err(CallUpError::MalformedId),
    }
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> CallUpError {
    move |source| CallUpError::File { path: path.display().to_string(), source }
}

fn read<T: serde::de::DeserializeOwned>((status, body): (u16, Vec<u8>)) -> Result<T, CallUpError> {
    match status {
        200 | 201 => serde_json::from_slice(&body).map_err(|error| CallUpError::Broken(error.to_string())),
        _ => Err(CallUpError::Refused(Box::new(Problem::of_answer(status, &body)))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_made_of_an_id_alone() {
        assert_eq!(path_of(&"0f".repeat(16)).unwrap(), format!("/v1/call-ups/{}", "0f".repeat(16)));
        for bad in ["", "0f", &"../".repeat(11), &"é".repeat(16)] {
            assert!(matches!(path_of(bad), Err(CallUpError::MalformedId)), "{bad}");
        }
    }
}
