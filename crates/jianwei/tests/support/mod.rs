//! The real binary: run to its end, or served until it is stopped or killed.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test's helper may panic")]
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part")]

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// What a command printed and how it ended.
#[derive(Debug)]
pub struct Ended {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ended {
    /// Fails the test unless the command ended so.
    #[track_caller]
    pub fn expect_code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }
}

pub fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jianwei"));
    command.env_remove("JIANWEI_LOG").env("NO_COLOR", "1");
    command
}

/// Runs the binary in a directory.
pub fn run_in<S: AsRef<OsStr>>(dir: &Path, arguments: &[S]) -> Ended {
    let output = command().current_dir(dir).args(arguments).output().unwrap();
    Ended {
        code: output.status.code().expect("not ended by a signal"),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs the binary with the words of a line.
pub fn run(dir: &Path, line: &str) -> Ended {
    run_in(dir, &line.split_whitespace().collect::<Vec<_>>())
}

/// A server in a process of its own; killed when it is dropped.
pub struct Served {
    child: Child,
    /// Its address: `http://127.0.0.1:…`.
    pub url: String,
    /// The rest of what it says.
    out: BufReader<std::process::ChildStdout>,
}

impl Served {
    /// Spawns `jianwei` with arguments that make it serve.
    pub fn spawn(dir: &Path, line: &str) -> Child {
        let words = line.split_whitespace();
        command().current_dir(dir).args(words).stdout(Stdio::piped()).spawn().unwrap()
    }

    /// Starts, and waits until it says where it listens.
    pub fn start(dir: &Path, line: &str) -> Self {
        Self::of(Self::spawn(dir, line))
    }

    /// A process that was started with its output piped, once it says where it listens.
    pub fn of(mut child: Child) -> Self {
        let mut out = BufReader::new(child.stdout.take().unwrap());
        loop {
            let mut text = String::new();
            if out.read_line(&mut text).unwrap() == 0 {
                panic!("it ended before it served: {:?}", child.wait());
            }
            if let Some(at) = text.find("http://") {
                let url = text[at..].split(|c: char| c.is_whitespace() || c == '/').collect::<Vec<_>>();
                let url = format!("http://{}", url[2]);
                // The announcement is flushed as a whole; what is left of it is read with the rest.
                return Self { child, url, out };
            }
        }
    }

    pub fn pid(&self) -> String {
        self.child.id().to_string()
    }

    pub fn lives(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// SIGKILL.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM; returns the exit code and what it said since it began to serve.
    pub fn terminate(mut self) -> (Option<i32>, String) {
        assert!(Command::new("kill").args(["-TERM", &self.pid()]).status().unwrap().success());
        let mut said = String::new();
        std::io::Read::read_to_string(&mut self.out, &mut said).unwrap();
        (self.child.wait().unwrap().code(), said)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
