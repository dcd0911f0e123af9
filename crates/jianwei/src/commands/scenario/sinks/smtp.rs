//! A mail server that takes everything (RFC 5321, as much as a client of ours says), for machines
//! without `maildev`.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use miette::Report;

use super::Mail;
use crate::outcome::plain;

/// How long a client may be silent.
const PATIENCE: Duration = Duration::from_secs(10);

/// A mail as it was said: the addresses of the envelope, and the text.
type Said = (Vec<String>, String);

/// The server. It ends with the process.
pub(in super::super) struct SmtpSink {
    address: SocketAddr,
    mails: Arc<Mutex<Vec<Said>>>,
}

impl SmtpSink {
    /// Starts it.
    pub(super) fn start() -> Result<Self, Report> {
        let listener = TcpListener::bind("127.0.0.1:0").map_err(plain)?;
        let address = listener.local_addr().map_err(plain)?;
        let mails = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&mails);
        let serve = move || {
            for stream in listener.incoming().flatten() {
                let mut got = Vec::new();
                // What was taken before a client went away was taken.
                let _ = converse(&stream, &mut got);
                kept.lock().unwrap_or_else(PoisonError::into_inner).extend(got);
            }
        };
        std::thread::Builder::new().name("smtp".to_owned()).spawn(serve).map_err(plain)?;
        Ok(Self { address, mails })
    }

    /// Its port.
    pub(super) fn port(&self) -> u16 {
        self.address.port()
    }

    /// The mails that arrived.
    pub(super) fn mails(&self) -> Result<Vec<Mail>, Report> {
        // One connection is served at a time: when this one is, those before were.
        let mut stream = BufReader::new(TcpStream::connect(self.address).map_err(plain)?);
        stream.read_line(&mut String::new()).map_err(plain)?;
        let mails = self.mails.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(mails.iter().map(|(to, text)| read(to, text)).collect())
    }
}

fn converse(stream: &TcpStream, got: &mut Vec<Said>) -> std::io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let (mut lines, mut out) = (BufReader::new(stream).lines(), stream);
    let mut say = |line: &str| out.write_all(format!("{line}\r\n").as_bytes());
    say("220 sink.example")?;
    let mut to = Vec::new();
    while let Some(line) = lines.next() {
        let line = line?;
        let command = line.to_ascii_uppercase();
        if let Some(address) = command.strip_prefix("RCPT TO:").and(line.split(['<', '>']).nth(1)) {
            to.push(address.to_owned());
        }
        match command.split([' ', ':']).next() {
            Some("DATA") => {
                say("354 go on")?;
                let mut text = String::new();
                for line in lines.by_ref() {
                    let line = line?;
                    if line == "." {
                        break;
                    }
                    text.push_str(line.strip_prefix('.').unwrap_or(&line));
                    text.push('\n');
                }
                got.push((std::mem::take(&mut to), text));
                say("250 taken")?;
            }
            Some("QUIT") => return say("221 bye"),
            _ => say("250 sink.example")?,
        }
    }
    Ok(())
}

/// A mail, from its text: subject and files.
fn read(to: &[String], text: &str) -> Mail {
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let head = head.replace("\n ", " ").replace("\n\t", " ");
    let subject = head.lines().find_map(|line| line.strip_prefix("Subject: ")).unwrap_or_default();
    let parts = body.split("\n--").filter(|part| part.contains("application/pdf"));
    let files = parts.filter_map(|part| {
        let (_, content) = part.trim_start().split_once("\n\n")?;
        let letters: String = content.chars().filter(|c| !c.is_whitespace()).collect();
        STANDARD.decode(letters).ok()
    });
    Mail { to: to.to_vec(), subject: decoded(subject), files: files.collect() }
}

/// A header with encoded words (RFC 2047), all of them in Base64.
fn decoded(header: &str) -> String {
    let mut text = Vec::new();
    for (number, word) in header.split_whitespace().enumerate() {
        let encoded = word.strip_prefix("=?utf-8?b?").and_then(|word| word.strip_suffix("?="));
        match encoded.and_then(|encoded| STANDARD.decode(encoded).ok()) {
            Some(bytes) => text.extend(bytes),
            None => {
                text.extend((number > 0).then_some(b' '));
                text.extend(word.as_bytes());
            }
        }
    }
    String::from_utf8_lossy(&text).into_owned()
}
