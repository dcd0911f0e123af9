//! Where pushes arrive: a server of ntfy's form on loopback that notes what came and when.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use model::clock::Clock;
use model::time::Time;

use super::Fallible;

/// Bytes of a message at most.
const BODY_BYTES_MAX: u64 = 1 << 20;

/// A push that arrived.
#[derive(Clone, Debug)]
pub(super) struct Arrival {
    /// When its last byte was there.
    pub(super) at: Time,
    /// What was sent, as JSON.
    pub(super) body: String,
}

/// The server.
pub(super) struct Sink {
    /// Its base address.
    pub(super) url: String,
    arrived: Arc<Mutex<Vec<Arrival>>>,
}

impl Sink {
    /// Listens until the program ends.
    pub(super) fn start() -> Fallible<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}", listener.local_addr()?);
        let arrived = Arc::new(Mutex::default());
        let taken = Arc::clone(&arrived);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let arrived = Arc::clone(&taken);
                // A connection that breaks brings nothing more.
                thread::spawn(move || drop(take(&stream, &arrived)));
            }
        });
        Ok(Self { url, arrived })
    }

    /// What arrived so far.
    pub(super) fn arrived(&self) -> Vec<Arrival> {
        self.arrived.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Takes request after request of a connection.
fn take(stream: &TcpStream, arrived: &Mutex<Vec<Arrival>>) -> Fallible<()> {
    stream.set_nodelay(true)?;
    let clock = Clock::system();
    let (mut reader, mut writer) = (BufReader::new(stream), stream);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let line = line.trim_end().to_ascii_lowercase();
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse()?;
            }
            if line.is_empty() {
                break;
            }
        }
        let mut body = String::new();
        let mut limited = reader.by_ref().take(BODY_BYTES_MAX.min(length));
        limited.read_to_string(&mut body)?;
        let at = clock.now();
        arrived.lock().unwrap_or_else(PoisonError::into_inner).push(Arrival { at, body });
        let answer = r#"{"id":"bench"}"#;
        write!(writer, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{answer}", answer.len())?;
        writer.flush()?;
    }
}
