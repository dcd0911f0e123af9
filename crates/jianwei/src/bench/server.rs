//! The server that is measured: `jianwei serve` in a process of its own, so that nothing of what
//! loads it counts as its work.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use engine::DataDir;
use engine::access::{Access, Role};
use model::clock::Clock;
use model::institution::InstitutionId;

use super::Fallible;
use super::measure::{peak_memory_bytes, process_cpu};

/// The server is at rest when it had less CPU time than this in [`REST`].
const REST_CPU: Duration = Duration::from_millis(15);
const REST: Duration = Duration::from_millis(300);
/// How long it may take to come to rest.
const REST_WAIT: Duration = Duration::from_secs(300);

/// A running server.
pub(super) struct Server {
    child: Child,
    /// Kept open: a server whose output nobody reads ends when it says goodbye.
    _output: BufReader<ChildStdout>,
    /// Its base address.
    pub(super) url: String,
    /// The key of an institution.
    pub(super) key: String,
    /// Its data directory.
    pub(super) data: PathBuf,
}

impl Server {
    /// Starts a server over a new data directory with a rulebook.
    pub(super) fn start(data: &Path, rulebook: &Path) -> Fallible<Self> {
        Self::start_with(data, &[("--rulebook", rulebook)])
    }

    /// Starts a server over a new data directory with files that it is to read.
    pub(super) fn start_with(data: &Path, files: &[(&str, &Path)]) -> Fallible<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .args(files.iter().flat_map(|(option, file)| [OsStr::new(option), file.as_os_str()]))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut output = BufReader::new(child.stdout.take().ok_or("the server has no output")?);
        let mut line = String::new();
        output.read_line(&mut line)?;
        let url = line.split_whitespace().find(|word| word.starts_with("http://"));
        let url = url.ok_or_else(|| format!("the server did not start: {line}"))?.to_owned();
        let key = issue(data, 1)?;
        Ok(Self { child, _output: output, url, key, data: data.to_owned() })
    }

    /// The key of another institution.
    pub(super) fn key_of(&self, institution: u32) -> Fallible<String> {
        issue(&self.data, institution)
    }

    /// CPU time that it has had.
    pub(super) fn cpu(&self) -> Fallible<Duration> {
        process_cpu(self.child.id())
    }

    /// The most memory that it ever held, in bytes.
    pub(super) fn peak_memory_bytes(&self) -> Fallible<u64> {
        peak_memory_bytes(self.child.id())
    }

    /// Waits until it has nothing more to do: evaluated, indexed, columns written.
    pub(super) fn wait_for_rest(&self) -> Fallible<()> {
        let begun = Instant::now();
        let mut at_rest = 0;
        while at_rest < 3 {
            let before = self.cpu()?;
            thread::sleep(REST);
            at_rest = if self.cpu()?.saturating_sub(before) < REST_CPU { at_rest + 1 } else { 0 };
            if begun.elapsed() > REST_WAIT {
                return Err("the server does not come to rest".into());
            }
        }
        Ok(())
    }

    /// Ends it in order.
    pub(super) fn stop(mut self) -> Fallible<PathBuf> {
        let asked = Command::new("sh").arg("-c").arg(format!("kill -TERM {}", self.child.id())).status()?;
        if !asked.success() {
            self.child.kill()?;
        }
        let status = self.child.wait()?;
        match status.success() {
            true => Ok(std::mem::take(&mut self.data)),
            false => Err(format!("the server ended badly: {status}").into()),
        }
    }
}

fn issue(data: &Path, institution: u32) -> Fallible<String> {
    let access = Access::open(&DataDir::new(data).access())?;
    Ok(access.issue(Role::Institution(InstitutionId::synthetic(institution)), Clock::system().now())?)
}

impl Drop for Server {
    /// A measurement that failed leaves no server behind.
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
