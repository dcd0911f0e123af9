//! Opening a file: what it is compressed with is seen from its first bytes.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use encoding_rs::{Decoder, DecoderResult, GB18030};

use super::TextEncoding;

const BUFFER_BYTES: usize = 256 * 1024;
const XZ: &[u8] = &[0xfd, b'7', b'z', b'X', b'Z', 0];
const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
const UTF8_MARK: &[u8] = &[0xef, 0xbb, 0xbf];

/// The text of a file as UTF-8, unpacked, without a byte order mark.
pub(super) fn open_text(path: &Path, encoding: TextEncoding) -> io::Result<Box<dyn BufRead + Send>> {
    let mut file = BufReader::with_capacity(BUFFER_BYTES, File::open(path)?);
    let start = file.fill_buf()?;
    let unpacked: Box<dyn BufRead + Send> = if start.starts_with(XZ) {
        buffered(lzma_rust2::XzReader::new(file, true))
    } else if start.starts_with(GZIP) {
        buffered(flate2::bufread::MultiGzDecoder::new(file))
    } else if start.starts_with(ZSTD) {
        buffered(zstd::stream::read::Decoder::with_buffer(file)?)
    } else {
        Box::new(file)
    };
    let mut text = match encoding {
        TextEncoding::Utf8 => unpacked,
        TextEncoding::Gb18030 => buffered(Decoded {
            inner: unpacked,
            decoder: GB18030.new_decoder_with_bom_removal(),
            is_done: false,
            waiting: Vec::new(),
            taken: 0,
        }),
    };
    if text.fill_buf()?.starts_with(UTF8_MARK) {
        text.consume(UTF8_MARK.len());
    }
    Ok(text)
}

/// A file that must be read from its end, and so cannot be packed as a whole.
pub(super) fn open_seekable(path: &Path) -> io::Result<File> {
    let mut start = [0; 4];
    let mut file = File::open(path)?;
    file.read_exact(&mut start)?;
    if start == *b"PAR1" {
        Ok(file)
    } else {
        Err(io::Error::other("is not a Parquet file; unpack it first if it is one"))
    }
}

fn buffered(reader: impl Read + Send + 'static) -> Box<dyn BufRead + Send> {
    Box::new(BufReader::with_capacity(BUFFER_BYTES, reader))
}

/// Turns GB 18030 into UTF-8 and refuses what is neither.
struct Decoded {
    inner: Box<dyn BufRead + Send>,
    decoder: Decoder,
    is_done: bool,
    waiting: Vec<u8>,
    taken: usize,
}

impl Read for Decoded {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.taken >= self.waiting.len() && !self.is_done {
            let input = self.inner.fill_buf()?;
            let is_last = input.is_empty();
            let room = self.decoder.max_utf8_buffer_length_without_replacement(input.len());
            self.waiting.resize(room.ok_or_else(|| io::Error::other("the text is too long"))?, 0);
            let (result, read, written) =
                self.decoder.decode_to_utf8_without_replacement(input, &mut self.waiting, is_last);
            if matches!(result, DecoderResult::Malformed(..)) {
                return Err(io::Error::other("is not text in GB 18030"));
            }
            self.inner.consume(read);
            self.waiting.truncate(written);
            self.taken = 0;
            self.is_done = is_last;
        }
        let rest = self.waiting.get(self.taken..).unwrap_or_default();
        let count = rest.len().min(into.len());
        if let (Some(target), Some(source)) = (into.get_mut(..count), rest.get(..count)) {
            target.copy_from_slice(source);
        }
        self.taken += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn read(bytes: &[u8], encoding: TextEncoding) -> io::Result<String> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        std::fs::write(&path, bytes).unwrap();
        let mut text = String::new();
        open_text(&path, encoding)?.read_to_string(&mut text)?;
        Ok(text)
    }

    #[test]
    fn packed_files_are_seen_by_their_first_bytes() {
        let text = "名称,金额\n甲,1.50\n";
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(text.as_bytes()).unwrap();
        let gzip = gzip.finish().unwrap();
        let zstd = zstd::encode_all(text.as_bytes(), 1).unwrap();
        for packed in [text.as_bytes(), &gzip, &zstd, XZ_SAMPLE, &[UTF8_MARK, text.as_bytes()].concat()] {
            assert_eq!(read(packed, TextEncoding::Utf8).unwrap(), text);
        }
        let cut = gzip.get(..gzip.len() - 9).unwrap();
        assert!(read(cut, TextEncoding::Utf8).is_err());
    }

    #[test]
    fn gb_18030_becomes_utf_8_wherever_a_buffer_ends() {
        let text = "网络借贷,红色预警\n".repeat(40_000);
        let (bytes, _, _) = GB18030.encode(&text);
        assert_eq!(read(&bytes, TextEncoding::Gb18030).unwrap(), text);
        assert!(read(&[b'a', 0x81], TextEncoding::Gb18030).is_err());
        assert!(read(&[0xff, 0xff, b'a'], TextEncoding::Gb18030).is_err());
    }

    /// `printf '名称,金额\n甲,1.50\n' | xz`
    const XZ_SAMPLE: &[u8] = &[
        253, 55, 122, 88, 90, 0, 0, 4, 230, 214, 180, 70, 2, 0, 33, 1, 22, 0, 0, 0, 116, 47, 229, 163, 1, 0,
        22, 229, 144, 141, 231, 167, 176, 44, 233, 135, 145, 233, 162, 157, 10, 231, 148, 178, 44, 49, 46,
        53, 48, 10, 0, 0, 236, 1, 197, 76, 130, 192, 106, 37, 0, 1, 47, 23, 129, 8, 73, 177, 31, 182, 243,
        125, 1, 0, 0, 0, 0, 4, 89, 90,
    ];
}
