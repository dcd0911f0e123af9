//! The operator's channels, from a file.

use std::collections::BTreeMap;

use channels::{Channel, ChannelConfig, ConfigError, Message, SendError, Sent};
use model::time::Time;
use workflow::delivery::Delivery;
use workflow::policy::Roster;

/// What is wrong with a file of channels.
#[derive(Debug, thiserror::Error)]
pub enum HouseError {
    /// It is not written as it should be.
    #[error("the channels: {0}")]
    Text(String),
    /// A channel cannot be.
    #[error("the channel \"{name}\": {error}")]
    Channel {
        /// Which.
        name: String,
        /// Why.
        error: ConfigError,
    },
    /// The roster names a channel that is not there, or an address that it cannot take.
    #[error("the roster reaches {who} by \"{channel}\": {why}")]
    Roster {
        /// Whom.
        who: String,
        /// By which.
        channel: String,
        /// What is wrong.
        why: String,
    },
}

/// The channels of a house, by name.
#[derive(Debug, Default)]
pub struct House(BTreeMap<String, (ChannelConfig, Channel)>);

impl House {
    /// Reads channels from YAML or JSON and opens them; `env` gives the variables that secrets stand in.
    ///
    /// # Errors
    /// [`HouseError`].
    pub fn read(text: &str, env: &dyn Fn(&str) -> Option<String>) -> Result<Self, HouseError> {
        let configs: BTreeMap<String, ChannelConfig> =
            serde_saphyr::from_str(text).map_err(|error| HouseError::Text(error.to_string()))?;
        let mut channels = BTreeMap::new();
        for (name, config) in configs {
            let opened = config.open(env);
            let channel = opened.map_err(|error| HouseError::Channel { name: name.clone(), error })?;
            channels.insert(name, (config, channel));
        }
        Ok(Self(channels))
    }

    /// Checks that everybody whom a roster reaches can be reached by these channels.
    ///
    /// # Errors
    /// [`HouseError::Roster`].
    pub fn check(&self, roster: &Roster) -> Result<(), HouseError> {
        let people = roster.people().iter().map(|person| (&person.id, &person.reach));
        let partners = roster.partners().iter().map(|partner| (&partner.id, &partner.reach));
        for (who, reach) in people.chain(partners) {
            for way in reach {
                let wrong =
                    |why: String| HouseError::Roster { who: who.clone(), channel: way.channel.clone(), why };
                let Some((config, _)) = self.0.get(&way.channel) else {
                    return Err(wrong("there is no such channel".to_owned()));
                };
                config.recipient(&way.to).map_err(|error| wrong(error.to_string()))?;
            }
        }
        Ok(())
    }

    /// Sends a message by the channel of a delivery.
    pub(crate) fn send(&self, delivery: &Delivery, message: &Message, now: Time) -> Result<Sent, SendError> {
        let name = delivery.channel.as_deref().unwrap_or_default();
        let Some((config, channel)) = self.0.get(name) else {
            // The operator may add it: what waits for it is not lost.
            let why = format!("there is no channel \"{name}\"; add it to the channels and start again");
            return Err(SendError::Retry { after: None, why });
        };
        let recipient = config.recipient(&delivery.address);
        let recipient = recipient.map_err(|error| SendError::Refused { why: error.to_string() })?;
        channel.send(&recipient, message, &delivery.id, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_roster_that_names_no_channel_of_the_house_is_refused() {
        let house = House::read("phone: {ntfy: {server: \"http://127.0.0.1:1\"}}", &|_| None).unwrap();
        let roster = |channel: &str, to: &str| {
            Roster::read(&format!(
                "authority: {{zh: 局, en: B}}\ndocument_mark: 见微\nbureaus: [{{id: a, name: {{zh: 处, en: O}}, chain: [p]}}]\n\
                 people: [{{id: p, name: {{zh: 甲, en: P}}, post: head, reach: [{{for: push, channel: {channel}, to: \"{to}\"}}]}}]\n"
            ))
            .unwrap()
        };
        assert!(house.check(&roster("phone", "topic")).is_ok());
        let missing = house.check(&roster("bell", "topic")).unwrap_err().to_string();
        assert!(missing.contains("\"bell\": there is no such channel"), "{missing}");
    }
}
