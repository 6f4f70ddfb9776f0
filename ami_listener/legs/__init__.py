"""One leg to the carrier: may it be (leg_check, leg_policy, claims), and its life from dialling to hangup."""
