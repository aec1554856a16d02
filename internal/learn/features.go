package learn

// NumFeatures is the number of features of one decision.
const NumFeatures = 7

// FeatureNames lists the features in the order of the weights.
var FeatureNames = [NumFeatures]string{"bias", "size", "pressure", "wait", "crowd", "scaling", "budget"}

// Features describe one decision. They are scaled to about 1, so that one step
// size suits all, and centred where a job of 1 ms on a quiet router is near 0:
//
//	bias      1
//	size      (log2(predicted ns of service) - 20) / 10; 0 is 1 ms
//	pressure  0..1
//	wait      predicted wait for a pool slot / budget, clipped to 0..2
//	crowd     jobs that run per lane / 16, clipped to 0..2
//	scaling   0..1, as declared
//	budget    (log2(budget in ns) - 26) / 10; 0 is 67 ms, and no budget is 0 too
type Features [NumFeatures]float32

// maxFeature is past what any feature can be in its unit (size is 4.4 at most,
// for 2^64 ns): a sample beyond it is a fault of its maker and teaches nothing.
const maxFeature = 8

// valid reports whether every feature is a number in range.
func (x *Features) valid() bool {
	for _, v := range x {
		if !(v >= -maxFeature && v <= maxFeature) {
			return false
		}
	}
	return true
}
