//! A server of PostgreSQL that the tests start: in a folder of their own, on a free port of the
//! loopback interface, without a password, without care for a power cut. It ends with the last test
//! that uses it, and with the process whatever happens.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::JoinHandle;
use std::time::Duration;

/// How often a port that somebody else took meanwhile is tried again.
const TRIES: usize = 5;
/// Turns of waiting for the server, 50 ms each.
const TURNS: usize = 1200;

/// A server.
#[derive(Debug)]
pub(crate) struct Server {
    port: u16,
    pid: u32,
    waits: Option<JoinHandle<()>>,
    _folder: tempfile::TempDir,
}

/// What a server runs as: it refuses to be root's.
struct Account {
    uid: u32,
    gid: u32,
}

impl Server {
    /// The one that runs, or a new one.
    pub(crate) fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Server>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let server = Arc::new(Self::start().unwrap_or_else(|why| panic!("{why}")));
            *shared = Arc::downgrade(&server);
            server
        })
    }

    /// The address of a database in it for a role.
    pub(crate) fn url(&self, role: &str, database: &str) -> String {
        format!("postgres://{role}@127.0.0.1:{}/{database}", self.port)
    }

    fn start() -> Result<Self, String> {
        let programs = programs().ok_or(
            "these tests start a server of PostgreSQL, and initdb was not found: \
             run `make test-tools`, or install the package `postgresql`",
        )?;
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let account = account(folder.path())?;
        let data = folder.path().join("data");
        let mut initdb = as_account(account.as_ref(), &programs.join("initdb"));
        initdb
            .args(["-A", "trust", "-U", "jianwei", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "-D"])
            .arg(&data);
        let made = initdb.current_dir(folder.path()).output().map_err(|error| format!("initdb: {error}"))?;
        if !made.status.success() {
            return Err(format!("initdb: {}", String::from_utf8_lossy(&made.stderr)));
        }
        for _ in 0..TRIES {
            if let Some((port, pid, waits)) = serve(&programs, account.as_ref(), &data)? {
                return Ok(Self { port, pid, waits: Some(waits), _folder: folder });
            }
        }
        Err("no free port was found for PostgreSQL".to_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // SIGINT: at once, in good order.
        let _ = Command::new("sh").arg("-c").arg(format!("kill -INT {}", self.pid)).status();
        if let Some(waits) = self.waits.take() {
            let _ = waits.join();
        }
    }
}

/// Where the programs of the newest version are.
fn programs() -> Option<PathBuf> {
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let debian = debian.map(|version| version.path().join("bin")).filter(|bin| bin.join("initdb").exists());
    let number = |bin: &PathBuf| {
        let version = bin.parent()?.file_name()?.to_str()?;
        version.parse::<u32>().ok()
    };
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let elsewhere = std::env::split_paths(&paths).find(|bin| bin.join("initdb").exists());
    debian.max_by_key(number).or(elsewhere)
}

/// The account to run as where this is root, to which the folder is given.
fn account(folder: &Path) -> Result<Option<Account>, String> {
    let failed = |error: std::io::Error| error.to_string();
    if fs::metadata("/proc/self").map_err(failed)?.uid() != 0 {
        return Ok(None);
    }
    let known = fs::read_to_string("/etc/passwd").map_err(failed)?;
    let find = |name: &str| {
        let line = known.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some(Account { uid: fields.next()?.parse().ok()?, gid: fields.next()?.parse().ok()? })
    };
    let account = find("postgres").or_else(|| find("nobody"));
    let account =
        account.ok_or("PostgreSQL does not run as root, and there is neither `postgres` nor `nobody`")?;
    std::os::unix::fs::chown(folder, Some(account.uid), Some(account.gid)).map_err(failed)?;
    Ok(Some(account))
}

/// A program as that account; it gets an interrupt when the thread that starts it ends.
fn as_account(account: Option<&Account>, program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    if let Some(Account { uid, gid }) = account {
        command.args([format!("--reuid={uid}"), format!("--regid={gid}"), "--clear-groups".to_owned()]);
    }
    command.args(["--pdeathsig", "INT"]).arg(program).stdin(Stdio::null());
    command
}

type Serving = (u16, u32, JoinHandle<()>);

/// Starts it on a free port; nothing where somebody else took the port meanwhile.
fn serve(programs: &Path, account: Option<&Account>, data: &Path) -> Result<Option<Serving>, String> {
    let failed = |error: std::io::Error| format!("postgres: {error}");
    let free = TcpListener::bind("127.0.0.1:0").map_err(failed)?;
    let port = free.local_addr().map_err(failed)?.port();
    drop(free);
    let log = data.with_extension("log");
    let mut command = as_account(account, &programs.join("postgres"));
    command.arg("-D").arg(data).arg("-p").arg(port.to_string());
    for setting in
        ["listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off", "full_page_writes=off"]
    {
        command.args(["-c", setting]);
    }
    command.stdout(Stdio::null()).stderr(fs::File::create(&log).map_err(failed)?).current_dir("/");
    let (tell, told) = std::sync::mpsc::channel();
    // The thread lives as long as the server does: else the server would end with it.
    let waits = std::thread::spawn(move || match command.spawn() {
        Ok(mut child) => {
            let _ = tell.send(Ok(child.id()));
            let _ = child.wait();
        }
        Err(error) => drop(tell.send(Err(format!("postgres by setpriv: {error}")))),
    });
    let pid = told.recv().map_err(|error| error.to_string())??;
    for _ in 0..TURNS {
        let is_ready = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
        if is_ready.lines().any(|line| line.trim() == "ready") {
            return Ok(Some((port, pid, waits)));
        }
        if waits.is_finished() {
            let said = fs::read_to_string(&log).unwrap_or_default();
            return if said.contains("Address already in use") { Ok(None) } else { Err(said) };
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let _ = Command::new("sh").arg("-c").arg(format!("kill -INT {pid}")).status();
    Err(format!("PostgreSQL did not get ready: {}", fs::read_to_string(&log).unwrap_or_default()))
}
