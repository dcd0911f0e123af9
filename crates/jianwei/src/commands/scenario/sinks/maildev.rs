//! npm's `maildev`, a mail server for developers: started on two free ports, asked over its HTTP API,
//! ended with the story.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use miette::{Report, miette};
use serde_json::Value;

use super::Mail;
use crate::outcome::{failed, plain};

/// How long it may take to start: Node.js reads some hundred files.
const STARTS_WITHIN: Duration = Duration::from_secs(60);
/// How often it is asked whether it is there.
const ASKED_EVERY: Duration = Duration::from_millis(100);

/// The server in its process.
pub(in super::super) struct Maildev {
    child: Child,
    smtp: u16,
    web: u16,
}

impl Maildev {
    /// Starts the program and waits until it takes mails.
    pub(super) fn start(program: &Path) -> Result<Self, Report> {
        let (smtp, web) = free_ports()?;
        let child = Command::new(program)
            .args(["--ip", "127.0.0.1", "--web-ip", "127.0.0.1", "--silent"])
            .args(["--smtp", &smtp.to_string(), "--web", &web.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .map_err(failed(program.display()))?;
        let mut server = Self { child, smtp, web };
        let mut waited = Duration::ZERO;
        while !server.is_there() {
            if let Some(status) = server.child.try_wait().map_err(plain)? {
                return Err(miette!("{} ended at once: {status}", program.display()));
            }
            if waited > STARTS_WITHIN {
                return Err(miette!(
                    "{} takes no mail after {} s",
                    program.display(),
                    STARTS_WITHIN.as_secs()
                ));
            }
            std::thread::sleep(ASKED_EVERY);
            waited += ASKED_EVERY;
        }
        Ok(server)
    }

    fn is_there(&self) -> bool {
        std::net::TcpStream::connect(("127.0.0.1", self.smtp)).is_ok() && self.emails().is_ok()
    }

    /// The port for mail.
    pub(super) fn port(&self) -> u16 {
        self.smtp
    }

    /// What it is.
    pub(super) fn what(&self) -> String {
        format!("npm maildev on 127.0.0.1:{}", self.smtp)
    }

    fn get(&self, path: &str) -> Result<Vec<u8>, Report> {
        let url = format!("http://127.0.0.1:{}{path}", self.web);
        let mut answer = ureq::get(&url).call().map_err(failed(&url))?;
        answer.body_mut().read_to_vec().map_err(failed(&url))
    }

    fn emails(&self) -> Result<Vec<Value>, Report> {
        serde_json::from_slice(&self.get("/api/email")?).map_err(plain)
    }

    /// The mails that arrived, by its HTTP API.
    pub(super) fn mails(&self) -> Result<Vec<Mail>, Report> {
        let mut mails = Vec::new();
        for email in self.emails()? {
            let text = |pointer: &str| email.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
            let list = |pointer: &str| email.pointer(pointer).and_then(Value::as_array).cloned();
            let addresses = list("/envelope/to").unwrap_or_default();
            let addresses = addresses.iter().filter_map(|to| to.get("address").and_then(Value::as_str));
            let mut files = Vec::new();
            for file in list("/attachments").unwrap_or_default() {
                let name = file.get("generatedFileName").and_then(Value::as_str).unwrap_or_default();
                files.push(self.get(&format!("/api/email/{}/attachment/{name}", text("/id")))?);
            }
            mails.push(Mail {
                to: addresses.map(str::to_owned).collect(),
                subject: text("/subject").to_owned(),
                files,
            });
        }
        Ok(mails)
    }
}

impl Drop for Maildev {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Two ports that were free a moment ago.
fn free_ports() -> Result<(u16, u16), Report> {
    let listen = || TcpListener::bind("127.0.0.1:0").map_err(plain);
    let (one, other) = (listen()?, listen()?);
    let port = |listener: &TcpListener| listener.local_addr().map(|address| address.port()).map_err(plain);
    Ok((port(&one)?, port(&other)?))
}
