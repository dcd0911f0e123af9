//! The ledger's tree, open to all: leaves hold nothing but commitments. Checkpoint and tiles at
//! the paths of C2SP tlog-tiles, proofs as C2SP tlog-proof files.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::{HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ledger::{LedgerError, Reader, SecondTree};
use model::fault::FaultCode;
use serde::Serialize;
use tlog::tiles::{Tile, TileKind, encode_hashes, push_entry};
use tlog::{Hash, LogProof, SignedCheckpoint};

use crate::address::{self, Segment};
use crate::blocking::blocking;
use crate::problem::Problem;
use crate::query::{self, Parameters};
use crate::{Context, Shared, answer};

/// What a tile's path names never changes.
const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

fn internal(error: LedgerError) -> Problem {
    Problem::internal(error)
}

fn hashes(hashes: &[Hash]) -> Vec<String> {
    hashes.iter().map(Hash::to_base64).collect()
}

/// The ledger in short.
#[derive(Serialize)]
struct Summary {
    origin: String,
    /// The key that verifies checkpoints, as C2SP signed-note writes it.
    verifier_key: String,
    size: u64,
    root: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sm3_root: Option<String>,
    /// The first checkpoint of each civil day (Asia/Shanghai).
    days: Vec<Day>,
}

#[derive(Serialize)]
struct Day {
    day: String,
    checkpoint: String,
}

/// `GET /v1/ledger`: the origin, the key, the head, and the first checkpoint of each day.
pub(crate) async fn summary(
    State(context): State<Shared>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    Parameters::read(query.as_deref().unwrap_or(""), &[])?;
    let reader = context.engine.reader();
    let head = reader.head();
    let days = reader.daily_checkpoints();
    Ok(answer::ok(&Summary {
        origin: reader.verifier_key().name().to_owned(),
        verifier_key: reader.verifier_key().to_string(),
        size: head.size,
        root: head.root.to_base64(),
        sm3_root: head.sm3_root.map(|root| root.to_base64()),
        days: days
            .iter()
            .map(|first| Day {
                day: first.day.to_string(),
                checkpoint: String::from_utf8_lossy(&first.note).into_owned(),
            })
            .collect(),
    }))
}

/// `GET /checkpoint`.
pub(crate) async fn checkpoint(State(context): State<Shared>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (headers, context.published_checkpoint().to_vec()).into_response()
}

/// `GET /tile/{level}/{index}` and `GET /tile/entries/{index}`, the index in groups of three
/// digits, with `.p/{width}` behind it when the tile is not full.
pub(crate) async fn tile(State(context): State<Shared>, uri: Uri) -> Result<Response, Problem> {
    let missing = || Problem::not_found("The tree has no such tile.");
    let tile: Tile = uri.path().trim_start_matches('/').parse().map_err(|_| missing())?;
    if !tile.is_in_tree_of(context.engine.reader().head().size) {
        return Err(missing());
    }
    let bytes = blocking(move || tile_bytes(context.engine.reader(), tile)).await?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")),
        (header::CACHE_CONTROL, FOREVER),
    ];
    Ok((headers, bytes).into_response())
}

fn tile_bytes(reader: &Reader, tile: Tile) -> Result<Vec<u8>, Problem> {
    match tile.kind() {
        TileKind::Hashes { level } => {
            let hashes = reader.hash_tile(level, tile.index(), tile.width()).map_err(internal)?;
            Ok(encode_hashes(&hashes))
        }
        TileKind::Entries => {
            let start = tile.index() * tlog::tiles::TILE_WIDTH as u64;
            let mut bundle = Vec::new();
            for leaf in reader.leaves(start..start + tile.width() as u64).map_err(internal)? {
                push_entry(&mut bundle, &leaf).map_err(Problem::internal)?;
            }
            Ok(bundle)
        }
    }
}

/// A proof with what it is about.
#[derive(Serialize)]
struct Proof {
    position: u64,
    /// The leaf, base64: deterministic CBOR with commitments.
    leaf: String,
    /// Its hash, which is the entry's unique hash.
    leaf_hash: String,
    /// Size of the tree that the path leads to.
    size: u64,
    /// Audit path, from the leaf's sibling up.
    path: Vec<String>,
    /// The same in the second tree.
    #[serde(skip_serializing_if = "Option::is_none")]
    sm3_path: Option<Vec<String>>,
    /// The signed checkpoint of that tree.
    checkpoint: String,
    /// The tlog-proof file.
    file: String,
}

/// `GET /v1/ledger/proofs/{position}`: a tlog-proof file, or with `?format=json` the same in JSON
/// with the leaf. It leads to the last checkpoint that witnesses cosigned, if that covers the
/// entry, else to the latest.
pub(crate) async fn proof(
    State(context): State<Shared>,
    position: Segment,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let position: u64 = address::number(position, "position")?;
    let parameters = Parameters::read(query.as_deref().unwrap_or(""), &["format"])?;
    let in_json = match parameters.get("format") {
        None | Some("file") => false,
        Some("json") => true,
        Some(_) => return Err(query::malformed("format", "is neither file nor json").into()),
    };
    blocking(move || {
        let reader = context.engine.reader();
        let note = checkpoint_over(&context, position)?;
        let checkpoint = SignedCheckpoint::parse(&note).map_err(Problem::internal)?;
        let size = checkpoint.checkpoint().size();
        let path = reader.inclusion(position, size).map_err(internal)?;
        let file = LogProof { extra: Vec::new(), index: position, path, checkpoint };
        if !in_json {
            let disposition = format!("attachment; filename=\"{position}.{}\"", tlog::proof_file::EXTENSION);
            let headers = [
                (header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8")),
                (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
                (header::CONTENT_DISPOSITION, HeaderValue::try_from(disposition).map_err(Problem::internal)?),
            ];
            return Ok((headers, file.to_string()).into_response());
        }
        let entry = reader.entry(position).map_err(internal)?;
        let sm3_path = match reader.second_tree() {
            Some(SecondTree::Sm3) => reader.sm3_inclusion(position, size).map_err(internal)?,
            None => None,
        };
        Ok(answer::ok(&Proof {
            position,
            leaf: STANDARD.encode(&entry.leaf),
            leaf_hash: hex::encode(entry.leaf_hash.0),
            size,
            path: hashes(&file.path),
            sm3_path: sm3_path.as_deref().map(hashes),
            checkpoint: String::from_utf8_lossy(&note).into_owned(),
            file: file.to_string(),
        }))
    })
    .await
}

fn checkpoint_over(context: &Context, position: u64) -> Result<Arc<[u8]>, Problem> {
    let covers = |size: u64| position < size;
    let reader = context.engine.reader();
    if let Some((_, note)) = context.published.witnessed().filter(|(size, _)| covers(*size)) {
        return Ok(note);
    }
    // Head first: the note read after it covers at least as much.
    if covers(reader.head().size) {
        return Ok(reader.checkpoint());
    }
    Err(Problem::not_found("No signed checkpoint covers that position, or not yet."))
}

/// A proof that one tree is the beginning of another.
#[derive(Serialize)]
struct Consistency {
    from: u64,
    to: u64,
    from_root: String,
    to_root: String,
    proof: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sm3_proof: Option<Vec<String>>,
}

/// `GET /v1/ledger/consistency?from=&to=`; `to` is the latest checkpoint's size if left out.
pub(crate) async fn consistency(
    State(context): State<Shared>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let parameters = Parameters::read(query.as_deref().unwrap_or(""), &["from", "to"])?;
    let from = parameters.parsed::<u64>("from", "is not a size")?;
    let to = parameters.parsed::<u64>("to", "is not a size")?;
    let size = context.engine.reader().head().size;
    let to = to.unwrap_or(size);
    let from = from.ok_or_else(|| query::malformed("from", "is missing"))?;
    if from == 0 || from > to || to > size {
        let detail =
            format!("A proof leads from a size of 1 or more to one that is not smaller, up to {size}.");
        return Err(Problem::new(FaultCode::OutOfRange, detail));
    }
    blocking(move || {
        let reader = context.engine.reader();
        let sm3_proof = match reader.second_tree() {
            Some(SecondTree::Sm3) => reader.sm3_consistency(from, to).map_err(internal)?,
            None => None,
        };
        Ok(answer::ok(&Consistency {
            from,
            to,
            from_root: reader.root_at(from).map_err(internal)?.to_base64(),
            to_root: reader.root_at(to).map_err(internal)?.to_base64(),
            proof: hashes(&reader.consistency(from, to).map_err(internal)?),
            sm3_proof: sm3_proof.as_deref().map(hashes),
        }))
    })
    .await
}
