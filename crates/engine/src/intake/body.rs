//! The body of a filing on its way in: decompressed as it comes, with a bound on how much a
//! small body may unpack to.

use std::io::{self, Read};

use model::fault::{Fault, FaultCode};

/// Content codings that a filing may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentCoding {
    /// As it is.
    Identity,
    /// gzip, also several members end to end (RFC 1952).
    Gzip,
    /// Zstandard (RFC 8878) with a window of at most 128 MiB.
    Zstd,
}

impl ContentCoding {
    /// The coding with a name in the header `Content-Encoding`.
    ///
    /// # Errors
    /// [`FaultCode::UnsupportedEncoding`].
    pub fn from_header(name: Option<&str>) -> Result<Self, Fault> {
        match name.map(str::trim) {
            None | Some("" | "identity") => Ok(Self::Identity),
            Some("gzip" | "x-gzip") => Ok(Self::Gzip),
            Some("zstd") => Ok(Self::Zstd),
            Some(_) => Err(Fault::whole(
                FaultCode::UnsupportedEncoding,
                "The header Content-Encoding names another coding than identity, gzip or zstd.",
            )),
        }
    }
}

/// Up to here a body may unpack to any multiple of its size.
pub const FREE_BYTES: u64 = 64 << 20;
/// Beyond, it may unpack to this multiple. Real filings reach 50; bombs 1,000 and more.
pub const RATIO_MAX: u64 = 400;
const ZSTD_WINDOW_LOG_MAX: u32 = 27;

/// Why a body could not be read further.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BodyError {
    /// The sender is to blame, with the fault to answer.
    Fault(Fault),
    /// The connection broke; nobody is left to answer.
    Broken(String),
}

/// Counts what passes through.
struct Counted<R> {
    inner: R,
    bytes: u64,
    broken: Option<String>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.inner.read(buffer) {
            Ok(count) => {
                self.bytes += count as u64;
                Ok(count)
            }
            Err(error) => {
                if error.kind() != io::ErrorKind::Interrupted {
                    self.broken = Some(error.to_string());
                }
                Err(error)
            }
        }
    }
}

enum Decoder<R: Read> {
    Identity(Counted<R>),
    Gzip(Box<flate2::read::MultiGzDecoder<Counted<R>>>),
    Zstd(Box<zstd::stream::read::Decoder<'static, io::BufReader<Counted<R>>>>),
}

/// A body being read.
pub struct Body<R: Read> {
    decoder: Decoder<R>,
    unpacked: u64,
}

impl<R: Read> Body<R> {
    /// Reads a body of a coding from its bytes as they come.
    ///
    /// # Errors
    /// [`BodyError`] when the decoder cannot be set up.
    pub fn new(coding: ContentCoding, inner: R) -> Result<Self, BodyError> {
        let counted = Counted { inner, bytes: 0, broken: None };
        let decoder = match coding {
            ContentCoding::Identity => Decoder::Identity(counted),
            ContentCoding::Gzip => Decoder::Gzip(Box::new(flate2::read::MultiGzDecoder::new(counted))),
            ContentCoding::Zstd => {
                let mut decoder =
                    zstd::stream::read::Decoder::new(counted).map_err(|error| broken_coding(&error))?;
                decoder.window_log_max(ZSTD_WINDOW_LOG_MAX).map_err(|error| broken_coding(&error))?;
                Decoder::Zstd(Box::new(decoder))
            }
        };
        Ok(Self { decoder, unpacked: 0 })
    }

    /// Reads some bytes; 0 at the end.
    ///
    /// # Errors
    /// [`BodyError`].
    pub fn read(&mut self, buffer: &mut [u8]) -> Result<usize, BodyError> {
        loop {
            let result = match &mut self.decoder {
                Decoder::Identity(reader) => reader.read(buffer),
                Decoder::Gzip(reader) => reader.read(buffer),
                Decoder::Zstd(reader) => reader.read(buffer),
            };
            match result {
                Ok(count) => {
                    self.unpacked += count as u64;
                    return self.check_ratio().map(|()| count);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    return Err(match &self.source().broken {
                        Some(reason) => BodyError::Broken(reason.clone()),
                        None => broken_coding(&error),
                    });
                }
            }
        }
    }

    fn source(&self) -> &Counted<R> {
        match &self.decoder {
            Decoder::Identity(reader) => reader,
            Decoder::Gzip(reader) => reader.get_ref(),
            Decoder::Zstd(reader) => reader.get_ref().get_ref(),
        }
    }

    fn check_ratio(&self) -> Result<(), BodyError> {
        let packed = self.source().bytes.max(1);
        if self.unpacked > FREE_BYTES && self.unpacked / packed > RATIO_MAX {
            return Err(BodyError::Fault(Fault::whole(
                FaultCode::DecompressedTooLarge,
                format!(
                    "{packed} bytes unpacked to {} and more; at most {RATIO_MAX} times is taken.",
                    self.unpacked
                ),
            )));
        }
        Ok(())
    }
}

fn broken_coding(error: &io::Error) -> BodyError {
    BodyError::Fault(Fault::whole(
        FaultCode::BrokenCompression,
        format!("The body could not be unpacked: {error}."),
    ))
}
