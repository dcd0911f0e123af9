//! The bytes of a body from the connection to the thread that reads them: a few pieces at a time,
//! each handed over without a copy.

use std::io::{self, Read};
use std::time::Duration;

use axum::body::Body;
use axum::body::HttpBody;
use axum::http::{HeaderMap, header};
use bytes::{Buf, Bytes};
use http_body_util::BodyExt;
use model::fault::Fault;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

use super::too_large;
use crate::options::GatewayOptions;

/// Pieces that may wait for the reading thread. A piece is what one read of the connection
/// brought, some hundred kilobytes at most.
const PIECES_WAITING: usize = 4;

/// What passes from the connection to the reading thread.
enum Piece {
    Bytes(Bytes),
    /// The body came to its end. Without it, the sender's going away is a break.
    End,
    Broken(String),
}

/// The reading thread's end: the body as one stream of bytes.
pub(crate) struct Reader {
    pieces: mpsc::Receiver<Piece>,
    piece: Bytes,
    ended: bool,
}

/// The connection's end.
pub(crate) struct Sender(mpsc::Sender<Piece>);

/// A channel from the connection to a reading thread.
pub(crate) fn channel() -> (Sender, Reader) {
    let (sender, pieces) = mpsc::channel(PIECES_WAITING);
    (Sender(sender), Reader { pieces, piece: Bytes::new(), ended: false })
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() && !self.ended {
            match self.pieces.blocking_recv() {
                Some(Piece::Bytes(piece)) => self.piece = piece,
                Some(Piece::End) => self.ended = true,
                Some(Piece::Broken(reason)) => return Err(io::Error::other(reason)),
                None => return Err(io::Error::other("the connection was closed")),
            }
        }
        let count = buffer.len().min(self.piece.len());
        if let Some(room) = buffer.get_mut(..count) {
            self.piece.copy_to_slice(room);
        }
        Ok(count)
    }
}

/// How handing a body over ended.
pub(crate) enum Pumped {
    /// With its last byte.
    Complete,
    /// The reading thread wanted no more.
    Refused,
    /// The connection broke or paused for too long.
    Broken,
    /// It was larger than allowed.
    TooLarge(Fault),
}

/// The body of a request as it comes from the connection.
pub(crate) struct Incoming {
    body: Body,
    read: bool,
    /// The client waits for `100 Continue`, which reading would send.
    awaits_continue: bool,
    announced_bytes: Option<u64>,
    bytes_max: Option<u64>,
    idle_timeout: Duration,
    drain_bytes_max: u64,
    drain_timeout: Duration,
}

impl Incoming {
    /// The body of a request that may have at most `bytes_max` bytes as it is sent.
    pub(crate) fn new(
        body: Body,
        headers: &HeaderMap,
        options: &GatewayOptions,
        bytes_max: Option<u64>,
    ) -> Self {
        let length = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
        Self {
            read: body.is_end_stream(),
            body,
            awaits_continue: headers.contains_key(header::EXPECT),
            announced_bytes: length.and_then(|length| length.parse().ok()),
            bytes_max,
            idle_timeout: options.body_idle_timeout,
            drain_bytes_max: options.drain_bytes_max,
            drain_timeout: options.drain_timeout,
        }
    }

    /// Whether nothing of the body is left on the connection.
    pub(crate) fn is_read(&self) -> bool {
        self.read
    }

    /// Refuses a body that says itself that it is too large.
    ///
    /// # Errors
    /// [`model::fault::FaultCode::BodyTooLarge`].
    pub(crate) fn check_announced_length(&self) -> Result<(), Fault> {
        match (self.announced_bytes, self.bytes_max) {
            (Some(bytes), Some(max)) if bytes > max => Err(too_large(max)),
            _ => Ok(()),
        }
    }

    /// Hands the body over, piece by piece, as fast as the reading thread takes it.
    pub(crate) async fn pump(&mut self, Sender(sender): Sender) -> Pumped {
        self.awaits_continue = false;
        let mut bytes = 0;
        let (piece, end) = loop {
            let frame = tokio::select! {
                frame = timeout(self.idle_timeout, self.body.frame()) => frame,
                () = sender.closed() => return Pumped::Refused,
            };
            let piece = match frame {
                Ok(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) => data,
                    // Trailers say nothing of a filing.
                    Err(_) => continue,
                },
                Ok(None) => {
                    self.read = true;
                    break (Piece::End, Pumped::Complete);
                }
                Ok(Some(Err(error))) => {
                    self.read = true;
                    break (Piece::Broken(format!("the connection broke ({error})")), Pumped::Broken);
                }
                Err(_) => {
                    let reason = format!("nothing came for {} s", self.idle_timeout.as_secs());
                    break (Piece::Broken(reason), Pumped::Broken);
                }
            };
            bytes += piece.len() as u64;
            if let Some(max) = self.bytes_max.filter(|max| bytes > *max) {
                break (Piece::Broken("it is too large".to_owned()), Pumped::TooLarge(too_large(max)));
            }
            if sender.send(Piece::Bytes(piece)).await.is_err() {
                return Pumped::Refused;
            }
        };
        match sender.send(piece).await {
            Ok(()) => end,
            Err(_) => Pumped::Refused,
        }
    }

    /// Reads the rest and throws it away, for a while, beside the answer that is being sent:
    /// closing a connection with unread bytes would take the answer from the client.
    pub(crate) fn drain(mut self) {
        // Who waits to be asked for the body has not sent it.
        if self.awaits_continue {
            return;
        }
        tokio::spawn(async move {
            let until = Instant::now() + self.drain_timeout;
            let mut left = self.drain_bytes_max;
            while let Ok(Some(Ok(frame))) = timeout_at(until, self.body.frame()).await {
                let bytes = frame.data_ref().map_or(0, |data| data.len() as u64);
                match left.checked_sub(bytes) {
                    Some(rest) => left = rest,
                    None => return,
                }
            }
        });
    }
}
