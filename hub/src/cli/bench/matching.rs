//! `hub bench match`: matching one table, beside a peer on the same machine in the same run.

use crate::cli::output::number;
use crate::cli::{Context, Failure, Verdict};
use clap::Args;
use serde_json::Value;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Matches a table in a process of its own, reading and writing included, and measures time, processor time and memory;
/// with --peer another tool beside it, so that the ratio holds on any machine.
#[derive(Debug, Args)]
pub struct Match {
    /// The table to match
    #[arg(long, value_name = "FILE")]
    input: PathBuf,
    /// record_id,cluster_id as it really is
    #[arg(long, value_name = "FILE")]
    truth: Option<PathBuf>,
    /// A shell command that matches the same table with another tool
    #[arg(long, value_name = "COMMAND")]
    peer: Option<String>,
}

/// How often the memory of a running process is looked at.
const LOOK_MS: u64 = 20;

/// What a process took.
#[derive(Clone, Debug, serde::Serialize)]
struct Taken {
    seconds: f64,
    cpu_seconds: f64,
    memory_mb_max: u64,
    /// The last line that it printed, where that is JSON.
    said: Option<Value>,
}

impl Match {
    pub async fn run(self, context: &Context) -> Result<Verdict, Failure> {
        std::fs::create_dir_all(&context.config.data_dir)?;
        let output = context.config.data_dir.join(format!("bench-clusters-{}.csv", std::process::id()));
        let mut own = Command::new(std::env::current_exe()?);
        own.arg("match").arg(&self.input).arg("--json").arg("--output").arg(&output);
        if let Some(truth) = &self.truth {
            own.arg("--truth").arg(truth);
        }
        let ours = tokio::task::spawn_blocking(move || take("hub match", &mut own)).await??;
        std::fs::remove_file(output)?;
        let peer = match self.peer {
            None => None,
            Some(line) => {
                let mut command = Command::new("sh");
                command.arg("-c").arg(line);
                Some(tokio::task::spawn_blocking(move || take("the peer", &mut command)).await??)
            }
        };
        report(context.json, &ours, peer.as_ref());
        Ok(Verdict::Fine)
    }
}

/// Runs a command to its end.
fn take(name: &str, command: &mut Command) -> Result<Taken, Failure> {
    let (started, before) = (Instant::now(), children_cpu_seconds());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn()?;
    let printed = child.stdout.take().map(|out| std::thread::spawn(move || std::io::read_to_string(out)));
    let mut memory_kib = 0;
    let status = loop {
        memory_kib = memory_kib.max(memory_of(&child));
        if let Some(status) = child.try_wait()? {
            break status;
        }
        std::thread::sleep(Duration::from_millis(LOOK_MS));
    };
    let seconds = started.elapsed().as_secs_f64();
    let printed = printed.and_then(|reader| reader.join().ok()).transpose()?.unwrap_or_default();
    if !status.success() {
        return Err(format!("{name} failed with {status}").into());
    }
    Ok(Taken {
        seconds,
        cpu_seconds: children_cpu_seconds() - before,
        memory_mb_max: memory_kib / 1024,
        said: printed.lines().last().and_then(|line| serde_json::from_str(line).ok()),
    })
}

/// Peak memory of a process and, for a shell, of what it runs.
fn memory_of(child: &Child) -> u64 {
    let peak = |pid: &str| {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
        line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0)
    };
    let id = child.id().to_string();
    let below = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
    below.split_whitespace().chain([id.as_str()]).map(peak).max().unwrap_or(0)
}

/// Processor time of all children that have ended, as the kernel counts it: hundredths of a second.
fn children_cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name, in brackets, may hold spaces; the fields after it are numbers.
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks = after_name.split_whitespace().skip(13).take(2).filter_map(|field| field.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}

fn report(json: bool, ours: &Taken, peer: Option<&Taken>) {
    let ratios = peer.map(|peer| {
        serde_json::json!({
            "seconds": ours.seconds / peer.seconds, "cpu_seconds": ours.cpu_seconds / peer.cpu_seconds,
            "memory": ours.memory_mb_max as f64 / peer.memory_mb_max.max(1) as f64,
        })
    });
    if json {
        println!("{}", serde_json::json!({ "ours": ours, "peer": peer, "ratios": ratios }));
        return;
    }
    let line = |name: &str, taken: &Taken| {
        let (seconds, cpu, memory) = (taken.seconds, taken.cpu_seconds, number(taken.memory_mb_max as i64));
        println!("{name:<10}{seconds:>9.1} s{cpu:>9.1} CPU s{memory:>8} MB");
    };
    line("hub match", ours);
    if let Some(said) = &ours.said {
        work(said);
    }
    if let Some(peer) = peer {
        line("peer", peer);
    }
}

/// Where the time went: the stages' shares, and what one pair costs.
fn work(said: &Value) {
    let figure = |name: &str| said[name].as_f64().unwrap_or(0.0);
    let stages = said["stages"].as_object().into_iter().flatten();
    let stages: Vec<(&String, f64)> = stages.map(|(name, seconds)| (name, seconds.as_f64().unwrap_or(0.0))).collect();
    let all: f64 = stages.iter().map(|stage| stage.1).sum();
    for (name, seconds) in stages {
        println!("  {name:<14}{seconds:>7.2} s{:>6.0} %", 100.0 * seconds / all.max(f64::MIN_POSITIVE));
    }
    println!("  {:.1} pairs a record, {:.0} ns a pair", figure("pairs_per_record"), figure("nanoseconds_per_pair"));
}
