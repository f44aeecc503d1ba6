package main

import (
	"math"
	"math/rand/v2"
)

// The agent is PPO (Schulman et al., 2017) with two small networks: one says how likely each action is, the other how
// much reward is still to come.
const (
	hidden    = 32   // units of each network
	gamma     = 0.98 // how much a reward counts one step later
	lambda    = 0.8  // of the generalized advantage estimate
	clip      = 0.2  // how far a probability may move in one update
	epochs    = 8    // how often an update goes through the samples
	minibatch = 256
	learnRate = 0.003
	entropy   = 0.005 // the worth of not being certain too soon
)

type agent struct {
	random *rand.Rand
	policy *network
	value  *network
}

func newAgent(observationSize, actions int, seed uint64) *agent {
	random := rand.New(rand.NewPCG(seed, 1))
	return &agent{
		random: random,
		policy: newNetwork(observationSize, actions, 0.01, random),
		value:  newNetwork(observationSize, 1, 1, random),
	}
}

// act draws an action and gives the logarithm of its probability.
func (a *agent) act(observation []float64) (action int, logp float64) {
	logps := logSoftmax(a.policy.forward(observation))
	remaining := a.random.Float64()
	for action = range logps {
		if remaining -= math.Exp(logps[action]); remaining < 0 {
			break
		}
	}
	return action, logps[action]
}

// worth estimates the rewards that are still to come, discounted.
func (a *agent) worth(observation []float64) float64 {
	return a.value.forward(observation)[0]
}

// sample is one step of one environment, and what is to be learned from it.
type sample struct {
	observation []float64
	action      int
	logp        float64
	worth       float64
	advantage   float64
	target      float64 // of worth
}

// update learns from samples.
func (a *agent) update(samples []sample) {
	normalize(samples)
	for range epochs {
		a.random.Shuffle(len(samples), func(i, j int) { samples[i], samples[j] = samples[j], samples[i] })
		for start := 0; start < len(samples); start += minibatch {
			part := samples[start:min(start+minibatch, len(samples))]
			for i := range part {
				a.learn(&part[i])
			}
			a.policy.descend(len(part))
			a.value.descend(len(part))
		}
	}
}

// learn adds the gradients of one sample.
func (a *agent) learn(s *sample) {
	logps := logSoftmax(a.policy.forward(s.observation))
	ratio := math.Exp(logps[s.action] - s.logp)
	weight := ratio * s.advantage
	if ratio > 1+clip && s.advantage > 0 || ratio < 1-clip && s.advantage < 0 {
		weight = 0 // it has moved far enough
	}
	uncertainty := 0.0
	for _, logp := range logps {
		uncertainty -= math.Exp(logp) * logp
	}
	slope := make([]float64, len(logps)) // of the loss, over what went into the softmax
	for i, logp := range logps {
		p := math.Exp(logp)
		slope[i] = weight*p + entropy*p*(logp+uncertainty)
	}
	slope[s.action] -= weight
	a.policy.backward(s.observation, slope)
	a.value.backward(s.observation, []float64{a.worth(s.observation) - s.target})
}

// normalize gives the advantages the mean 0 and the standard deviation 1.
func normalize(samples []sample) {
	sum, squares := 0.0, 0.0
	for _, s := range samples {
		sum += s.advantage
		squares += s.advantage * s.advantage
	}
	mean := sum / float64(len(samples))
	deviation := math.Sqrt(max(squares/float64(len(samples))-mean*mean, 1e-12))
	for i := range samples {
		samples[i].advantage = (samples[i].advantage - mean) / deviation
	}
}

func logSoftmax(x []float64) []float64 {
	highest, sum := math.Inf(-1), 0.0
	for _, value := range x {
		highest = max(highest, value)
	}
	for _, value := range x {
		sum += math.Exp(value - highest)
	}
	for i := range x {
		x[i] -= highest + math.Log(sum)
	}
	return x
}

// network has one hidden layer of tanh units, and learns with Adam (Kingma and Ba, 2014).
type network struct {
	inputs, outputs int
	weights         []float64 // hidden rows of inputs and a bias, then output rows of hidden units and a bias
	slopes          []float64 // of the loss over the weights, summed up
	first, second   []float64 // Adam's moments
	updates         float64
	units           [hidden]float64 // of the last forward
	results         []float64       // likewise
}

// newNetwork makes a network with random weights; `scale` is that of its results.
func newNetwork(inputs, outputs int, scale float64, random *rand.Rand) *network {
	size := hidden*(inputs+1) + outputs*(hidden+1)
	n := &network{inputs: inputs, outputs: outputs, results: make([]float64, outputs)}
	for _, values := range []*[]float64{&n.weights, &n.slopes, &n.first, &n.second} {
		*values = make([]float64, size)
	}
	below, above := n.layers(n.weights)
	for i := range below {
		if (i+1)%(inputs+1) != 0 {
			below[i] = random.NormFloat64() * math.Sqrt(2/float64(inputs))
		}
	}
	for i := range above {
		if (i+1)%(hidden+1) != 0 {
			above[i] = random.NormFloat64() * scale / math.Sqrt(hidden)
		}
	}
	return n
}

// layers splits the weights, or what there is one of for each.
func (n *network) layers(values []float64) (below, above []float64) {
	split := hidden * (n.inputs + 1)
	return values[:split], values[split:]
}

// forward gives the results, which the next forward overwrites.
func (n *network) forward(x []float64) []float64 {
	below, above := n.layers(n.weights)
	for i := range n.units {
		row := below[i*(n.inputs+1) : (i+1)*(n.inputs+1)]
		sum := row[n.inputs]
		for j, value := range x {
			sum += row[j] * value
		}
		n.units[i] = math.Tanh(sum)
	}
	for k := range n.results {
		row := above[k*(hidden+1) : (k+1)*(hidden+1)]
		sum := row[hidden]
		for i, unit := range n.units {
			sum += row[i] * unit
		}
		n.results[k] = sum
	}
	return n.results
}

// backward adds the slopes of the loss, given those over the results of the last forward, which was of x.
func (n *network) backward(x, slope []float64) {
	below, _ := n.layers(n.slopes)
	_, weights := n.layers(n.weights)
	_, above := n.layers(n.slopes)
	for i, unit := range n.units {
		sum := 0.0
		for k, s := range slope {
			above[k*(hidden+1)+i] += s * unit
			sum += s * weights[k*(hidden+1)+i]
		}
		sum *= 1 - unit*unit
		row := below[i*(n.inputs+1) : (i+1)*(n.inputs+1)]
		for j, value := range x {
			row[j] += sum * value
		}
		row[n.inputs] += sum
	}
	for k, s := range slope {
		above[k*(hidden+1)+hidden] += s
	}
}

// descend takes a step down the mean of `count` slopes.
func (n *network) descend(count int) {
	const beta1, beta2, epsilon = 0.9, 0.999, 1e-8
	n.updates++
	rate := learnRate * math.Sqrt(1-math.Pow(beta2, n.updates)) / (1 - math.Pow(beta1, n.updates))
	for i := range n.weights {
		slope := n.slopes[i] / float64(count)
		n.first[i] += (1 - beta1) * (slope - n.first[i])
		n.second[i] += (1 - beta2) * (slope*slope - n.second[i])
		n.weights[i] -= rate * n.first[i] / (math.Sqrt(n.second[i]) + epsilon)
		n.slopes[i] = 0
	}
}
