//! A small mail server on a loopback address: says what it is told to and keeps what it got.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// How the server behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Behaviour {
    /// Takes all.
    Takes,
    /// Answers so where it comes to this command.
    Answers(&'static str, &'static str),
    /// Says nothing from this command on (`""`: not even a greeting).
    FallsSilent(&'static str),
    /// Wants a login.
    Login(&'static str, &'static str),
}

/// What came.
#[derive(Debug, Default)]
pub(crate) struct Got {
    /// Commands, without what was sent as data.
    pub(crate) commands: Vec<String>,
    /// The mails, as they came.
    pub(crate) mails: Vec<String>,
}

pub(crate) struct SmtpSink {
    pub(crate) address: SocketAddr,
    is_over: Arc<AtomicBool>,
    thread: JoinHandle<Got>,
}

impl SmtpSink {
    pub(crate) fn new(behaviour: Behaviour) -> Self {
        Self::serving(move |stream, got| converse(&mut BufReader::new(stream), behaviour, true, got))
    }

    pub(crate) fn serving(serve: impl Fn(TcpStream, &mut Got) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let is_over = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&is_over);
        let thread = std::thread::spawn(move || {
            let mut got = Got::default();
            for stream in listener.incoming() {
                if over.load(Ordering::SeqCst) {
                    break;
                }
                let stream = stream.unwrap();
                stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
                serve(stream, &mut got);
            }
            got
        });
        Self { address, is_over, thread }
    }

    pub(crate) fn got(self) -> Got {
        self.is_over.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
        self.thread.join().unwrap()
    }
}

fn say(stream: &mut impl Write, line: &str) {
    // The other side may have gone.
    let _ = stream.write_all(format!("{line}\r\n").as_bytes()).and_then(|()| stream.flush());
}

/// Reads a line without its end; nothing at the end of the stream.
fn line(stream: &mut impl BufRead) -> Option<String> {
    let mut bytes = Vec::new();
    stream.read_until(b'\n', &mut bytes).ok().filter(|read| *read > 0)?;
    Some(String::from_utf8(bytes).unwrap().trim_end_matches(['\r', '\n']).to_owned())
}

/// One conversation. It ends at `STARTTLS`, which is said yes to.
pub(crate) fn converse<S: Read + Write>(
    stream: &mut BufReader<S>,
    behaviour: Behaviour,
    greets: bool,
    got: &mut Got,
) {
    if behaviour == Behaviour::FallsSilent("") {
        drop(line(stream));
        return;
    }
    if greets {
        match behaviour {
            Behaviour::Answers("", answer) => say(stream.get_mut(), answer),
            _ => say(stream.get_mut(), "220 smtp.example ESMTP"),
        }
    }
    while let Some(command) = line(stream) {
        let verb = command.split([' ', ':']).next().unwrap().to_ascii_uppercase();
        got.commands.push(command.clone());
        match behaviour {
            Behaviour::Answers(at, answer) if at == verb => {
                say(stream.get_mut(), answer);
                continue;
            }
            Behaviour::FallsSilent(at) if at == verb => {
                while line(stream).is_some() {}
                return;
            }
            _ => {}
        }
        match verb.as_str() {
            "EHLO" => say(
                stream.get_mut(),
                "250-smtp.example\r\n250-AUTH PLAIN LOGIN\r\n250-STARTTLS\r\n250 8BITMIME",
            ),
            "STARTTLS" => {
                say(stream.get_mut(), "220 go ahead");
                return;
            }
            "AUTH" => {
                let Behaviour::Login(user, password) = behaviour else { panic!("nobody asked for a login") };
                let wanted = STANDARD.encode(format!("\0{user}\0{password}"));
                let is_right = command == format!("AUTH PLAIN {wanted}");
                say(stream.get_mut(), if is_right { "235 welcome" } else { "535 5.7.8 who are you" });
            }
            "MAIL" | "RCPT" | "RSET" | "NOOP" => say(stream.get_mut(), "250 ok"),
            "DATA" => {
                say(stream.get_mut(), "354 go on");
                let mut mail = Vec::new();
                while let Some(line) = line(stream) {
                    match line.as_str() {
                        "." => break,
                        line => mail.push(line.strip_prefix('.').unwrap_or(line).to_owned()),
                    }
                }
                got.mails.push(mail.join("\r\n"));
                match behaviour {
                    Behaviour::Answers(".", answer) => say(stream.get_mut(), answer),
                    _ => say(stream.get_mut(), "250 2.0.0 queued as 4F1A"),
                }
            }
            "QUIT" => {
                say(stream.get_mut(), "221 bye");
                return;
            }
            _ => say(stream.get_mut(), "500 what"),
        }
    }
}
