//! Clocks: CPU time of a thread and of a process, memory of a process, as Linux tells them.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::Fallible;

/// Ticks a second of the times in `/proc/PID/stat`: `USER_HZ`, 100 wherever Linux runs.
const TICKS_PER_SECOND: f64 = 100.0;

/// CPU time that the calling thread has had.
pub(super) fn thread_cpu() -> Fallible<Duration> {
    // The kernel brings the figure up to date when the thread gives way, else only at its next tick.
    thread::yield_now();
    schedstat(Path::new("/proc/thread-self"))
}

/// CPU time that the threads of this process have had whose names begin with `prefix`.
pub(super) fn threads_cpu(prefix: &str) -> Fallible<Duration> {
    let mut total = Duration::ZERO;
    for task in fs::read_dir("/proc/self/task")? {
        let task = task?.path();
        // A thread may end between the listing and the reading.
        let Ok(name) = fs::read_to_string(task.join("comm")) else { continue };
        if name.starts_with(prefix) {
            total += schedstat(&task)?;
        }
    }
    Ok(total)
}

fn schedstat(task: &Path) -> Fallible<Duration> {
    let text = fs::read_to_string(task.join("schedstat"))?;
    let nanoseconds = text.split_whitespace().next().ok_or("schedstat is empty")?;
    Ok(Duration::from_nanos(nanoseconds.parse()?))
}

/// CPU time of all threads of a process, those that ended included; in steps of 10 ms.
pub(super) fn process_cpu(id: u32) -> Fallible<Duration> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat"))?;
    // The name, in parentheses, may hold anything.
    let (_, fields) = stat.rsplit_once(')').ok_or("/proc/PID/stat has no name")?;
    let ticks: Result<Vec<f64>, _> = fields.split_whitespace().skip(11).take(2).map(str::parse).collect();
    Ok(Duration::from_secs_f64(ticks?.iter().sum::<f64>() / TICKS_PER_SECOND))
}

/// The most memory that a process ever held, in bytes.
pub(super) fn peak_memory_bytes(id: u32) -> Fallible<u64> {
    let status = fs::read_to_string(format!("/proc/{id}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()).ok_or("no VmHWM")?;
    Ok(kibibytes.parse::<u64>()? * 1024)
}

/// Bytes of all files below a folder.
pub(super) fn bytes_below(dir: &Path) -> Fallible<u64> {
    let mut bytes = 0;
    for item in fs::read_dir(dir)? {
        let item = item?;
        let metadata = item.metadata()?;
        bytes += if metadata.is_dir() { bytes_below(&item.path())? } else { metadata.len() };
    }
    Ok(bytes)
}

/// Time that a piece of work took.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cost {
    /// On the processor.
    pub(super) cpu: Duration,
    /// On the clock.
    pub(super) wall: Duration,
}

impl Cost {
    /// Does some work on this thread, and adds its time.
    pub(super) fn of<T>(&mut self, work: impl FnOnce() -> Fallible<T>) -> Fallible<T> {
        let (wall, cpu) = (Instant::now(), thread_cpu()?);
        let done = work()?;
        self.cpu += thread_cpu()?.saturating_sub(cpu);
        self.wall += wall.elapsed();
        Ok(done)
    }
}

/// The value that `share` of the values do not exceed; zero without values.
pub(super) fn quantile(sorted: &[Duration], share: f64) -> Duration {
    let last = sorted.len().saturating_sub(1);
    let at = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(at.saturating_sub(1).min(last)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_is_that_of_the_work() {
        let mut cost = Cost::default();
        cost.of(|| {
            let until = thread_cpu()? + Duration::from_millis(20);
            while thread_cpu()? < until {}
            Ok(())
        })
        .unwrap();
        assert!(cost.cpu >= Duration::from_millis(20) && cost.wall >= cost.cpu / 2, "{cost:?}");
        assert!(process_cpu(std::process::id()).unwrap() > Duration::ZERO);
        assert!(peak_memory_bytes(std::process::id()).unwrap() > 1 << 20);
    }

    #[test]
    fn quantiles_are_values_that_occurred() {
        let values: Vec<_> = (1..=100).map(Duration::from_millis).collect();
        let at = |share| quantile(&values, share).as_millis();
        assert_eq!((at(0.0), at(0.5), at(0.99), at(1.0)), (1, 50, 99, 100));
        assert_eq!(quantile(&[], 0.5), Duration::ZERO);
    }
}
