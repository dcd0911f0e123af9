//! What came for a call-up on its way to the supervisor: read by a thread, a few pieces at a time.
//! The last piece is held back until the digest of all of them is the one that was sealed, so that
//! a damaged copy never looks like a whole one.

use std::io::Read;

use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use tokio::sync::mpsc;

use crate::address::{self, Segment};
use crate::blocking::blocking;
use crate::problem::Problem;
use crate::query::Parameters;
use crate::{Shared, caller};

const PIECE_BYTES: usize = 1 << 16;
const PIECES_WAITING: usize = 4;

type Piece = std::io::Result<Bytes>;

/// `GET /v1/call-ups/{id}/content`, for the supervisor.
pub(crate) async fn content(
    State(context): State<Shared>,
    id: Segment,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let reader = caller::supervisor(&context, &headers)?;
    Parameters::read(query.as_deref().unwrap_or(""), &[])?;
    let id = address::text(id)?;
    let wanted = id.clone();
    let (answer, content) = blocking(move || Ok(context.engine.call_up_content(&wanted)?)).await?;
    tracing::info!(id, key = reader, "a recording that was called up is read");
    let bytes = content.length();
    let (sender, pieces) = mpsc::channel(PIECES_WAITING);
    tokio::task::spawn_blocking(move || pump(content, &sender));
    let stream = futures::stream::unfold(pieces, |mut pieces| async move {
        pieces.recv().await.map(|piece| (piece, pieces))
    });
    let mut response = Body::from_stream(stream).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes));
    // What it is says the institution; nothing here is to be run or shown by a browser.
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(tag) = HeaderValue::try_from(format!("\"{}\"", answer.sha256)) {
        headers.insert(header::ETAG, tag);
    }
    Ok(response)
}

/// Reads everything and hands it on, one piece behind. Ends when nobody wants more.
fn pump(mut content: impl Read, sender: &mpsc::Sender<Piece>) {
    let mut held: Option<Bytes> = None;
    loop {
        let mut piece = vec![0; PIECE_BYTES];
        let next = match content.read(&mut piece) {
            Ok(0) => {
                let _ = held.map(|piece| sender.blocking_send(Ok(piece)));
                return;
            }
            Ok(count) => {
                piece.truncate(count);
                Bytes::from(piece)
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => {
                tracing::error!(%error, "a recording that was called up cannot be read");
                let _ = sender.blocking_send(Err(error));
                return;
            }
        };
        if let Some(piece) = held.replace(next)
            && sender.blocking_send(Ok(piece)).is_err()
        {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives some pieces and then an end or a failure.
    struct Pieces(Vec<&'static [u8]>, bool);

    impl Read for Pieces {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            match self.0.pop() {
                Some(piece) => {
                    buffer[..piece.len()].copy_from_slice(piece);
                    Ok(piece.len())
                }
                None if self.1 => Ok(0),
                None => Err(std::io::Error::other("damaged")),
            }
        }
    }

    #[test]
    fn the_last_piece_is_held_back_until_all_are_sound() {
        for (sound, wanted) in [(true, "a b c"), (false, "a b damaged")] {
            let (sender, mut pieces) = mpsc::channel(9);
            pump(Pieces(vec![b"c", b"b", b"a"], sound), &sender);
            drop(sender);
            let mut came = Vec::new();
            while let Some(piece) = pieces.blocking_recv() {
                came.push(match piece {
                    Ok(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
                    Err(error) => error.to_string(),
                });
            }
            assert_eq!(came.join(" "), wanted);
        }
    }
}
