//! The ledger's side of witnessing: its latest checkpoint goes to the witnesses, their
//! cosignatures come back, are checked, and are published with it.
//!
//! A round publishes what came of it, even too few cosignatures: a checkpoint that stands still
//! because a witness is down would help nobody. Proofs lead to the last checkpoint that had
//! enough; the ledger keeps it, so that they do after a restart as well.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use engine::Engine;
use ledger::Reader;
use tlog::note::NoteSignature;
use tlog::policy::PolicyError;
use tlog::witness::{conflict_size, parse_cosignatures};
use tlog::{AddCheckpoint, SignedCheckpoint, VerifierKey, WitnessPolicy};
use tokio::task::JoinSet;

/// The longest answer of a witness that is read.
const ANSWER_BYTES_MAX: u64 = 64 << 10;

/// A witness as the ledger knows it.
#[derive(Clone, Debug)]
pub struct WitnessAddress {
    /// Where it listens, without `/add-checkpoint`: `http://court.example:8470/jianwei`.
    pub url: String,
    /// The key that verifies its cosignatures.
    pub key: VerifierKey,
}

/// Which witnesses are asked, and how.
#[derive(Clone, Debug)]
pub struct CosigningOptions {
    /// The witnesses.
    pub witnesses: Vec<WitnessAddress>,
    /// How many of them must have cosigned before proofs lead to a checkpoint.
    pub threshold: usize,
    /// How often they are asked.
    pub every: Duration,
    /// How long each may take.
    pub timeout: Duration,
}

impl CosigningOptions {
    /// All of `witnesses` must cosign; asked every ten seconds.
    pub fn new(witnesses: Vec<WitnessAddress>) -> Self {
        Self {
            threshold: witnesses.len(),
            witnesses,
            every: Duration::from_secs(10),
            timeout: Duration::from_secs(5),
        }
    }
}

/// What is published beside the ledger's own latest checkpoint.
#[derive(Debug, Default)]
pub(crate) struct Published {
    /// The checkpoint of the last round with what came of it.
    latest: RwLock<Option<Arc<[u8]>>>,
    /// The last one with enough cosignatures, and its size.
    witnessed: RwLock<Option<(u64, Arc<[u8]>)>>,
}

impl Published {
    pub(crate) fn latest(&self) -> Option<Arc<[u8]>> {
        self.latest.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn witnessed(&self) -> Option<(u64, Arc<[u8]>)> {
        self.witnessed.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes the cosigned checkpoint that the ledger kept, when it is as good as `policy` wants
    /// now: the witnesses may be others than before.
    pub(crate) fn restore(&self, reader: &Reader, policy: Option<&WitnessPolicy>) {
        let Some((head, note)) = reader.cosigned_checkpoint() else { return };
        let enough = |policy: &WitnessPolicy| {
            SignedCheckpoint::parse(&note).is_ok_and(|signed| policy.check(&signed).is_ok())
        };
        if policy.is_none_or(enough) {
            self.set_witnessed(head.size, note);
        }
    }

    fn set_witnessed(&self, size: u64, note: Arc<[u8]>) {
        *self.witnessed.write().unwrap_or_else(PoisonError::into_inner) = Some((size, note));
    }

    fn set_latest(&self, note: Arc<[u8]>) {
        *self.latest.write().unwrap_or_else(PoisonError::into_inner) = Some(note);
    }
}

/// A witness with the size that it cosigned last, as far as known.
#[derive(Clone, Debug)]
struct Known {
    address: WitnessAddress,
    size: u64,
}

/// The rounds.
pub(crate) struct Cosigning {
    engine: Arc<Engine>,
    witnesses: Vec<Known>,
    policy: WitnessPolicy,
    options: CosigningOptions,
    agent: ureq::Agent,
    published: Arc<Published>,
    /// Size of the cosigned checkpoint that was kept last, since this start.
    kept: Option<u64>,
}

impl Cosigning {
    /// # Errors
    /// A threshold beyond the number of witnesses; keys that are no cosigners' or stand twice.
    pub(crate) fn new(
        engine: Arc<Engine>,
        options: CosigningOptions,
        published: Arc<Published>,
    ) -> Result<Self, PolicyError> {
        let keys = options.witnesses.iter().map(|witness| witness.key.clone()).collect();
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .timeout_global(Some(options.timeout))
            .build()
            .into();
        let policy = WitnessPolicy::new(options.threshold, keys)?;
        published.restore(engine.reader(), Some(&policy));
        Ok(Self {
            engine,
            policy,
            witnesses: options
                .witnesses
                .iter()
                .map(|address| Known { address: address.clone(), size: 0 })
                .collect(),
            options,
            agent,
            published,
            kept: None,
        })
    }

    /// Rounds for ever.
    pub(crate) async fn run(mut self) {
        let mut ticks = tokio::time::interval(self.options.every);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.round().await;
        }
    }

    /// Asks every witness, all at once, and publishes what came of it.
    async fn round(&mut self) {
        let mut signed = match SignedCheckpoint::parse(&self.engine.reader().checkpoint()) {
            Ok(signed) => signed,
            Err(error) => return tracing::error!(%error, "the ledger's checkpoint cannot be read"),
        };
        let mut asked = JoinSet::new();
        for (number, witness) in self.witnesses.iter().enumerate() {
            let (mut witness, signed) = (witness.clone(), signed.clone());
            let (agent, reader) = (self.agent.clone(), self.engine.reader().clone());
            asked.spawn_blocking(move || {
                let answer = witness.ask(&agent, &reader, &signed);
                (number, witness.size, answer)
            });
        }
        while let Some(answered) = asked.join_next().await {
            let Ok((number, size, answer)) = answered else { continue };
            if let Some(witness) = self.witnesses.get_mut(number) {
                witness.size = size;
            }
            match answer {
                Ok(cosignatures) => cosignatures.into_iter().for_each(|one| signed.add(one)),
                Err(error) => {
                    let witness = self.witnesses.get(number).map_or("", |known| known.address.key.name());
                    tracing::warn!(witness, error, "no cosignature");
                }
            }
        }
        let (size, note): (_, Arc<[u8]>) =
            (signed.checkpoint().size(), signed.to_string().into_bytes().into());
        match self.policy.check(&signed) {
            Ok(_) => {
                self.published.set_witnessed(size, Arc::clone(&note));
                self.keep(size, Arc::clone(&note)).await;
            }
            Err(error) => {
                tracing::warn!(%error, "the checkpoint is published without enough cosignatures");
            }
        }
        self.published.set_latest(note);
    }

    /// Has the ledger keep a checkpoint, once for each size: a later round over the same entries
    /// brings nothing but later times.
    async fn keep(&mut self, size: u64, note: Arc<[u8]>) {
        if self.kept == Some(size) {
            return;
        }
        let engine = Arc::clone(&self.engine);
        match tokio::task::spawn_blocking(move || engine.put_cosigned(note)).await {
            Ok(Ok(_)) => self.kept = Some(size),
            Ok(Err(error)) => tracing::warn!(%error, "the cosigned checkpoint could not be kept"),
            Err(error) => tracing::error!(%error, "keeping the cosigned checkpoint broke off"),
        }
    }
}

impl Known {
    /// The witness's cosignatures of a checkpoint; asked again when it knows another size.
    fn ask(
        &mut self,
        agent: &ureq::Agent,
        reader: &Reader,
        signed: &SignedCheckpoint,
    ) -> Result<Vec<NoteSignature>, String> {
        for _ in 0..2 {
            let (status, body) = self.send(agent, reader, signed)?;
            match status {
                200 => {
                    let all = parse_cosignatures(&body).ok_or("the cosignature cannot be read")?;
                    let text = signed.note().text();
                    let good = |one: &NoteSignature| self.address.key.verify(text, one).is_some();
                    let good: Vec<_> = all.into_iter().filter(good).collect();
                    if good.is_empty() {
                        return Err("the answer bears no good cosignature by the key known here".to_owned());
                    }
                    self.size = signed.checkpoint().size();
                    return Ok(good);
                }
                409 => self.size = conflict_size(&body).ok_or("the size that it knows cannot be read")?,
                _ => return Err(format!("{status}: {}", body.trim_end())),
            }
        }
        Err(format!("it goes on building on another checkpoint than its own, of size {}", self.size))
    }

    fn send(
        &self,
        agent: &ureq::Agent,
        reader: &Reader,
        signed: &SignedCheckpoint,
    ) -> Result<(u16, String), String> {
        let size = signed.checkpoint().size();
        if self.size > size {
            return Err(format!(
                "it has cosigned {} entries already, this ledger has {size} signed",
                self.size
            ));
        }
        let proof = match self.size {
            0 => Vec::new(),
            known => reader.consistency(known, size).map_err(|error| error.to_string())?,
        };
        let request =
            AddCheckpoint::new(self.size, proof, signed.clone()).map_err(|error| error.to_string())?;
        let url = format!("{}/add-checkpoint", self.address.url.trim_end_matches('/'));
        let mut response = agent.post(&url).send(request.to_string()).map_err(|error| error.to_string())?;
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_string();
        Ok((status, body.map_err(|error| error.to_string())?))
    }
}
