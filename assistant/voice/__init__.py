"""Speech in and out: recordings and the microphone to text, answers to a loudspeaker."""
